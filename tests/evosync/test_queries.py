"""However much a merchant has, a page asks the database the same number of times."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.inside import addresses
from benchmarks.pages import NOT_PAGES
from catalog.models import CachedGroup, CachedProduct, CachedStore, SyncFilter
from evosync.base import clock
from tests import factories
from tests.factories import MOMENT
from vkmarket.items import Item
from vkmarket.models import Attempt, Listing, ListingSource, Match, SyncRun, VkAlbumPlace, VkCachedProduct

FEW, MANY = 3, 60
ITEM = Item("Чай чёрный", "Листовой, сто граммов", factories.Decimal("120.00"), 5001, 5, True, photo="card:1").to_json()
SEEN = {
    **{"title": "Чай даром", "description": "Листовой, сто граммов", "price": "120.00", "stock": 5},
    **{"availability": 0, "category_id": 5001, "albums": [], "photos": [1]},
}
IN_VK = {"wanted": ITEM, "sent": ITEM, "shown": True, "written_at": MOMENT, "confirmed_at": MOMENT}
# Goods of every kind that a page treats in a way of its own; a listing of None: a product that has none.
KINDS: list[dict | None] = [
    None,
    IN_VK,
    IN_VK | {"lane": 5},
    IN_VK | {"confirmed_at": None},
    IN_VK | {"blocked": "guard_removals", "hold": "absent", "lane": 1},
    IN_VK | {"blocked": "guard_prices", "lane": 3},
    IN_VK | {"blocked": "guard_prices", "lane": 3, "wanted_hash": "left", "declined_hash": "left"},
    IN_VK | {"drift": ["name", "category_id"], "seen": SEEN},
    IN_VK | {"blocked": "deleted_in_vk"},
    IN_VK | {"blocked": "refused", "error_code": 1408},
    IN_VK | {"hold": "ambiguous_rebind"},
    {"wanted": ITEM, "hold": "ambiguous_rebind"},
    {"wanted": ITEM, "hold": "no_category"},
    {"wanted": ITEM, "blocked": "guard_creates", "lane": 5},
    {"wanted": ITEM, "blocked": "unsettled", "unsettled_since": MOMENT},
]


def merchant(count: int) -> SimpleNamespace:
    """One who has so many of everything."""
    till = factories.EvotorConnectionFactory()
    user, community = till.user, factories.VkConnectionFactory(user=till.user).community
    factories.SyncConfigFactory(user=user)
    stores = CachedStore.objects.bulk_create(factories.CachedStoreFactory.build_batch(count, connection=till))
    groups = CachedGroup.objects.bulk_create(_groups(stores[0], count))
    products = CachedProduct.objects.bulk_create(
        factories.CachedProductFactory.build(store=stores[0], parent_id=groups[number // len(KINDS)].evotor_id)
        for number in range(count * len(KINDS))
    )
    runs = _runs(community, count)
    listings = _list(community, products)
    Attempt.objects.bulk_create(
        factories.AttemptFactory.build(listing=row, run=runs[0], state=state)
        for row in listings
        for state in ("accepted", "refused")
    )
    _choose(user, stores, groups, products)
    albums = _show(community, groups, listings, count)
    told = {"community": community, "search_text": "чай"}
    Match.objects.bulk_create(factories.MatchFactory.build(product=row, **told) for row in products[:count])
    ended = {"in_progress": None, "end": "done", "finished_at": MOMENT}
    removals = factories.RemovalFactory.create_batch(count, community=community, user=user, **ended)
    ids = {
        "store_id": stores[0].evotor_id,
        "group_id": groups[0].evotor_id,
        "product_id": products[7].evotor_id,
        "removal_id": removals[0].pk,
        "run_id": runs[0].pk,
        "album_id": albums[0].album_id,
    }
    return SimpleNamespace(user=user, ids=ids)


def _groups(store: CachedStore, count: int) -> list[CachedGroup]:
    """In the first lie as many again, without goods: a page of goods asks as often as their groups are deep."""
    groups = factories.CachedGroupFactory.build_batch(count, store=store)
    inside = factories.CachedGroupFactory.build_batch(count, store=store, parent_id=groups[0].evotor_id)
    return [*groups, *inside]


def _runs(community, count: int) -> list[SyncRun]:
    now, line = clock.now(), {"kind": "update", "name": "Чай", "product": 1, "hold": "", "block": "", "price": "60.00"}
    told = {"community": community, "started_at": now - timedelta(minutes=1), "finished_at": now}
    preview = factories.SyncRunFactory.build(status="preview", planned={"update": count}, counts={}, **told)
    preview.lines = [line | {"fields": {"price": ["50.00", "60.00"]}}] * count
    done = factories.SyncRunFactory.build_batch(count, status="done", **told)
    return SyncRun.objects.bulk_create([*done, preview])


def _list(community, products: list[CachedProduct]) -> list[Listing]:
    rows = [
        (product, factories.ListingFactory.build(community=community, store=product.store, **kind))
        for number, product in enumerate(products)
        if (kind := KINDS[number % len(KINDS)]) is not None
    ]
    for number, (_product, listing) in enumerate(rows):
        listing.vk_item_id = number + 1 if listing.sent else None
    listings = Listing.objects.bulk_create(listing for _product, listing in rows)
    ListingSource.objects.bulk_create(
        ListingSource(listing=listing, community=community, product=product) for product, listing in rows
    )
    return listings


def _choose(user, stores, groups, products) -> None:
    kinds = (
        ("store", stores, ""),
        ("group", groups[:1], stores[0].evotor_id),
        ("product", products, stores[0].evotor_id),
    )
    SyncFilter.objects.bulk_create(
        SyncFilter(user=user, entity_type=kind, entity_id=row.evotor_id, parent_entity_id=store, mode="include")
        for kind, rows, store in kinds
        for row in rows
    )


def _show(community, groups, listings, count: int) -> list:
    """What VK shows: albums, ours and others, with goods, ours and others."""
    albums = factories.VkCachedAlbumFactory.create_batch(count, community=community)
    for album, group in list(zip(albums, groups, strict=False))[::2]:
        factories.AlbumListingFactory(community=community, group=group, album_id=album.album_id)
    items = [row.vk_item_id for row in listings if row.vk_item_id]
    items += range(max(items) + 1, max(items) + 1 + count)
    told = {"community": community, "search_text": "чай"}
    VkCachedProduct.objects.bulk_create(factories.VkCachedProductFactory.build(item_id=item, **told) for item in items)
    VkAlbumPlace.objects.bulk_create(
        VkAlbumPlace(community=community, album_id=album, item_id=item)
        for album in (0, albums[0].album_id)
        for item in items
    )
    return albums


def asked(owner: SimpleNamespace) -> dict[str, int]:
    """How many queries each page takes. Asked for once before: what a process remembers counts for nobody."""
    client, counts = Client(), {}
    client.force_login(owner.user)
    for what, address in addresses.named(**owner.ids):
        if what in NOT_PAGES or client.get(address).status_code == 405:
            continue
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address)
        assert answer.status_code == 200, f"{what}: a page of the merchant's, or one of benchmarks.pages.NOT_PAGES?"
        counts[what] = len(queries)
    return counts


@pytest.mark.django_db
def test_no_page_asks_more_often_for_many_than_for_few():
    factories.VkCategoryFactory(category_id=5001)
    few, many = asked(merchant(FEW)), asked(merchant(MANY))
    assert len(few) > 50
    assert {what: (few[what], count) for what, count in many.items() if count > few[what]} == {}
