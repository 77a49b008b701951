"""VK's categories of goods: kept in a table, read anew once a day."""

from datetime import timedelta

from django.db.models import QuerySet

from catalog.mirroring import searchable
from connections.clients.errors import BadAnswer
from connections.clients.vk import VkClient
from evosync.base import clock
from evosync.base.upsert import upsert

from .models import VkCategory

FRESH_FOR = timedelta(days=1)
FIELDS = ("name", "path", "is_leaf", "fetched_at")


def refresh_categories(client: VkClient) -> int:
    """Ask VK for its categories unless they are a day old at most -> how many rows were written.

    Only what changed is written, and one row that carries the time of the reading. Raises what the client raises.
    """
    now = clock.now()
    newest = VkCategory.objects.order_by("-fetched_at").values_list("fetched_at", flat=True).first()
    if newest and now - newest < FRESH_FOR:
        return 0
    told = {category.id: category for category in client.categories()}
    if not any(category.is_leaf for category in told.values()):
        # Everything would be held for want of a category.
        raise BadAnswer(None, "no category that takes items", "market.getCategories")
    known = {row.category_id: row for row in VkCategory.objects.all()}
    rows = [
        VkCategory(
            category_id=category.id,
            name=category.name[:255],
            path=category.path[:1000],
            is_leaf=category.is_leaf,
            fetched_at=now,
        )
        for category in told.values()
    ]
    changed = [row for row in rows if _values(row) != _values(known.get(row.category_id))]
    if not changed:
        changed = [min(rows, key=lambda row: row.category_id)]
    upsert(VkCategory, changed, unique=("category_id",), fields=FIELDS)
    gone = known.keys() - told.keys()
    # One that VK dropped keeps its name, for the groups that were mapped to it, but takes no items.
    dropped = VkCategory.objects.filter(category_id__in=gone, is_leaf=True).update(is_leaf=False)
    return len(changed) + dropped


def _values(row: VkCategory | None) -> tuple:
    return (row.name, row.path, row.is_leaf) if row else ()


def leaves() -> frozenset[int]:
    """Ids of the categories that take items; empty while VK was never asked."""
    return frozenset(VkCategory.objects.filter(is_leaf=True).values_list("category_id", flat=True))


def search(text: str) -> QuerySet[VkCategory]:
    """Leaves whose path holds every word of `text`, whatever its case; all of them for no words.

    Compared here: SQLite folds no Cyrillic case, and there are some hundreds of rows.
    """
    words = searchable(text).split()
    found = VkCategory.objects.filter(is_leaf=True).order_by("path", "category_id")
    if not words:
        return found
    paths = found.values_list("category_id", "path")
    ids = [category_id for category_id, path in paths if all(word in searchable(path) for word in words)]
    return found.filter(category_id__in=ids)


def name_of(category_id: int | None) -> str:
    """The path of a category ("Дом / Посуда"), or "" for one that is not known."""
    row = VkCategory.objects.filter(category_id=category_id).only("path").first() if category_id else None
    return row.path if row else ""
