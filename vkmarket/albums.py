"""Albums from groups: a row for each group that can have one, a VK album for each that has something to show."""

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cached_property

from django.db.models import Q

from catalog.choices import Choices
from catalog.groups import TITLE_LIMIT, GroupTree
from catalog.models import CachedStore
from connections.models import Community
from evosync.base.upsert import upsert

from . import texts
from .models import AlbumListing, VkCachedAlbum
from .renderings import plain


def of_store(community: Community, store: CachedStore) -> dict[str, int]:
    """The album row of each group of a store, by the group's Evotor id; none for one that VK refused to make."""
    usable = Q(blocked="") | Q(album_id__isnull=False)
    rows = AlbumListing.objects.filter(usable, community=community, group__store=store)
    return dict(rows.values_list("group__evotor_id", "pk"))


def keep_rows(community: Community, choices: Choices, stores: Collection[CachedStore]) -> None:
    """Give every group of a store that is on its album row, and the title that its place in the tree makes.

    Titles are unique in the community, since a lost answer is settled by looking for the title: a name that
    two groups share gets the store's name, then a number. A group that Evotor has re-created takes over the row,
    and so the album, of the missing group of its title; so does one of its title of whoever had the community before.
    `stores`: all of the merchant's.
    """
    taken: set[str] = set()
    left_behind = _LeftBehind(community, [store.pk for store in stores])
    for store in stores:
        if not choices.store_on(store.evotor_id):
            continue
        tree = GroupTree.of(store, trusting=True)
        rows = AlbumListing.objects.filter(community=community, group__store=store)
        known = dict(rows.values_list("group_id", "title"))
        changed = []
        for group_id, told in sorted(tree.titles().items()):
            title = _free_title(texts.line(told) or "Товары", store.name, taken)
            taken.add(plain(title))
            pk = tree.row(group_id).pk
            if pk not in known and (row := left_behind.take(title)):
                AlbumListing.objects.filter(pk=row).update(group_id=pk)
            elif known.get(pk) != title:
                changed.append(AlbumListing(community=community, group_id=pk, title=title))
        # A new title is a new chance for one that VK has refused.
        upsert(
            AlbumListing,
            changed,
            unique=["community", "group"],
            fields=["title", "blocked", "error_code", "error_text"],
        )


class _LeftBehind:
    """Album rows whose groups are missing, or in none of these stores, each to be had once; asked for only where a
    group has no row."""

    def __init__(self, community: Community, stores: Collection[int]):
        self._community, self._stores = community, stores

    @cached_property
    def _rows(self) -> dict[str, int]:
        missing = Q(group__absent_since__isnull=False) | ~Q(group__store__in=self._stores)
        rows = AlbumListing.objects.filter(missing, community=self._community)
        return dict(rows.order_by("-pk").values_list("title", "pk"))

    def take(self, title: str) -> int | None:
        return self._rows.pop(title, None)


def _free_title(title: str, store_name: str, taken: set[str]) -> str:
    title = title[:TITLE_LIMIT]
    if plain(title) not in taken:
        return title
    titles = [f"{texts.line(store_name)}"] + [str(number) for number in range(2, len(taken) + 3)]
    for told in titles:
        suffix = f" ({told})"[:60]
        candidate = title[: TITLE_LIMIT - len(suffix)] + suffix
        if plain(candidate) not in taken:
            return candidate
    raise AssertionError("there are more numbers than titles")


def adopt_by_title(community: Community, rows: Iterable[AlbumListing]) -> list[AlbumListing]:
    """Bind album rows to unbound VK albums of their title, however VK writes it; what is left has to be created.

    An album that somebody else made is used and never renamed or deleted.
    """
    bound = set(AlbumListing.objects.filter(community=community).values_list("album_id", flat=True))
    in_vk = VkCachedAlbum.objects.filter(community=community, absent_since=None).order_by("-album_id")
    titles = in_vk.values_list("title", "album_id")
    free = {plain(title): album_id for title, album_id in titles if album_id not in bound}
    left = []
    for row in rows:
        if album_id := free.pop(plain(row.title), None):
            row.album_id, row.sent_title, row.adopted = album_id, row.title, True
            row.save(update_fields=["album_id", "sent_title", "adopted"])
        else:
            left.append(row)
    return left


def forget(row: AlbumListing, at: datetime) -> None:
    """VK has said that it knows no such album: it is made anew, and not found again in the mirror."""
    if row.album_id is not None:
        VkCachedAlbum.objects.filter(community=row.community_id, album_id=row.album_id).update(absent_since=at)
    row.album_id, row.sent_title, row.adopted = None, "", False
    row.save(update_fields=["album_id", "sent_title", "adopted"])
