"""What months leave behind: a merchant with everything in VK, runs and choices, and many others beside."""

import copy
from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import batched

from django.core.management import call_command
from django.db.models import Model

from accounts.models import Role, Status, User
from benchmarks import goods
from catalog.models import CachedGroup, CachedProduct, CachedStore, SyncFilter
from connections.clients.vk_objects import MarketItem
from connections.models import Community, EvotorConnection
from evosync.base import clock
from vkmarket import refreshing
from vkmarket.models import AlbumListing, Attempt, Listing, ListingSource, Removal, SyncRun, VkCachedAlbum
from vkmarket.reasons import Block, Lane, Reason

from . import shops

MANY_GROUPS = goods.guid("store of many groups").upper()
# Groups of that store lie in one another by so many.
NESTED = 100
FOREIGN, RUNS, EXCLUDED = 500, 200, 2000
# One listing of so many is in each kind of trouble.
TROUBLED = 50


def furnish(shop: str, groups: int) -> None:
    """Give a merchant whose goods are planned and sent all the rest."""
    user = shops.merchant(shop)
    community = user.vk.community
    _show_albums(community)
    refreshing.mirror_items(_items(community), community)
    _remember(community)
    _trouble(community)
    _choose(user)
    _add_groups(user, groups)


def _show_albums(community: Community) -> None:
    """The plan has asked for them already."""
    asked = list(AlbumListing.objects.filter(community=community).order_by("pk"))
    for number, row in enumerate(asked, 1):
        row.album_id, row.sent_title = number, row.title
    AlbumListing.objects.bulk_update(asked, ["album_id", "sent_title"])
    VkCachedAlbum.objects.bulk_create(
        VkCachedAlbum(community=community, album_id=row.album_id, title=row.title, count=1) for row in asked
    )


def _items(community: Community) -> Iterator[MarketItem]:
    """What a read of VK would tell, with goods that somebody has added by hand."""
    groups = AlbumListing.objects.filter(community=community).values_list("group__evotor_id", "album_id")
    albums, last = dict(groups), 0
    listings = Listing.objects.filter(community=community).order_by("pk")
    columns = ("pk", "vk_item_id", "sku", "sent", "source__product__parent_id")
    while rows := list(listings.filter(pk__gt=last).values_list(*columns)[:2000]):
        last = rows[-1][0]
        for _pk, item_id, sku, sent, group in rows:
            yield _item(item_id, sku, sent["name"], sent["description"], Decimal(sent["price"]), albums[group])
    for number in range(1, FOREIGN + 1):
        yield _item(last + number, "", f"Своими руками № {number}", "Связано дома", Decimal(500), None)


def _item(item_id: int, sku: str, title: str, text: str, price: Decimal, album: int | None) -> MarketItem:
    places = (album,) if album else ()
    return MarketItem(item_id, title, text, price, sku, 5, 0, 1, places, (item_id,), "", None)


def _remember(community: Community) -> None:
    """Runs of a week, the first of which has made everything."""
    now = clock.now()
    runs = SyncRun.objects.bulk_create(
        SyncRun(
            community=community,
            status=SyncRun.Status.DONE,
            started_at=now - timedelta(hours=RUNS - number, minutes=5),
            finished_at=now - timedelta(hours=RUNS - number),
            planned={"update": number},
            counts={"updated": number},
            lines=[f"update Болт № {line}: price 1 -> 2" for line in range(number)],
        )
        for number in range(RUNS)
    )
    pks = list(Listing.objects.filter(community=community).order_by("pk").values_list("pk", flat=True))
    told = {"run": runs[0], "kind": Attempt.Kind.CREATE, "fence": 1, "sent_at": now, "finished_at": now}
    for number, some in enumerate(batched(pks, 1000)):
        state = Attempt.State.ACCEPTED if number % 10 else Attempt.State.REFUSED
        Attempt.objects.bulk_create(
            Attempt(listing_id=pk, state=state, after={"name": "Болт", "price": "50.00"}, **told) for pk in some
        )
    _preview(community)
    ended = {"finished_at": now, "end": Removal.End.STOPPED, "goods": len(pks)}
    Removal.objects.create(
        community=community, user=community.connection.user, purpose=Removal.Purpose.REMOVE, asked_at=now, **ended
    )


def _preview(community: Community) -> None:
    names = CachedProduct.objects.order_by("pk").values_list("pk", "name")[:600]
    line = {"kind": "update", "fields": {"price": ["50.00", "60.00"]}, "price": "60.00", "hold": "", "block": ""}
    SyncRun.objects.create(
        community=community,
        status=SyncRun.Status.PREVIEW,
        started_at=clock.now(),
        finished_at=clock.now(),
        planned={"update": 30_000},
        counts={"products": 100_000, "held": 0, "reasons": {}},
        lines=[line | {"name": name, "product": pk} for pk, name in names],
    )


def _trouble(community: Community) -> None:
    """Some goods are refused, held, shown otherwise, deleted by hand, or wait for their turn."""
    mine = Listing.objects.filter(community=community)
    kinds: list[dict] = [
        {"blocked": Block.REFUSED, "error_code": 1408, "lane": Lane.TEXT},
        {"blocked": Block.DELETED_IN_VK, "lane": Lane.NEW},
        {"blocked": Block.GUARD_PRICES, "lane": Lane.PRICE},
        {"blocked": Block.GUARD_REMOVALS, "lane": Lane.HIDE},
        {"blocked": Block.UNSETTLED, "lane": Lane.NEW, "vk_item_id": None, "sent": None},
        {"hold": Reason.NO_CATEGORY, "shown": False},
        {"hold": Reason.AMBIGUOUS_REBIND, "shown": False, "vk_item_id": None, "sent": None},
        {"drift": ["price"], "seen": {"price": "1.00"}},
        {"lane": Lane.PRICE},
        {"confirmed_at": None},
    ]
    pks = list(mine.order_by("pk").values_list("pk", flat=True))
    for number, changed in enumerate(kinds):
        for some in batched(pks[number::TROUBLED], 500):
            mine.filter(pk__in=some).update(**changed)


def _choose(user: User) -> None:
    rows = CachedProduct.objects.of(user).order_by("-pk").values_list("evotor_id", "store__evotor_id")[:EXCLUDED]
    told = {"user": user, "entity_type": SyncFilter.Entity.PRODUCT, "mode": SyncFilter.Mode.EXCLUDE}
    SyncFilter.objects.bulk_create(
        SyncFilter(entity_id=product, parent_entity_id=store, **told) for product, store in rows
    )


def _add_groups(user: User, count: int) -> None:
    """A second store that has very many groups, and one thing in each."""
    store = CachedStore.objects.create(connection=user.evotor, evotor_id=MANY_GROUPS, name="Склад", hash="1")
    ids = [goods.guid(f"one of many groups {number}") for number in range(count)]
    parents = ["" if number % NESTED == 0 else ids[number - number % NESTED] for number in range(count)]
    for some in batched(enumerate(ids), 1000):
        names = [(number, group, goods.group("many", number)["name"]) for number, group in some]
        CachedGroup.objects.bulk_create(
            CachedGroup(
                store=store,
                evotor_id=group,
                parent_id=parents[number],
                name=name,
                search_text=name.casefold(),
                hash="1",
            )
            for number, group, name in names
        )
    model = CachedProduct.objects.of(user).order_by("pk").first()
    copies = (_copy(model, store=store, parent_id=group, evotor_id=goods.guid(f"in {group}")) for group in ids)
    _write(CachedProduct, copies)


def open_others(shop: str, names: list[str], products: int) -> None:
    """Whoever has no more than this; `names` are open already."""
    patterns = list(
        ListingSource.objects.filter(community=shops.merchant(shop).vk.community)
        .select_related("product", "listing")
        .order_by("pk")[:products]
    )
    tills = dict(EvotorConnection.objects.values_list("user__email", "pk"))
    communities = dict(Community.objects.values_list("connection__user__email", "pk"))
    emails = {name: f"{name}@example.com" for name in names}
    stores = _write(
        CachedStore,
        (
            CachedStore(connection_id=tills[emails[name]], evotor_id=goods.store(name)["id"], name=name, hash="1")
            for name in names
        ),
    )
    for some in batched(zip(names, stores, strict=True), 100):
        pairs = [(communities[emails[name]], store, source) for name, store in some for source in patterns]
        rows = _write(CachedProduct, (_copy(source.product, store=store) for _community, store, source in pairs))
        made = (_copy(source.listing, community_id=community, store=store) for community, store, source in pairs)
        listings = _write(Listing, made)
        _write(
            ListingSource,
            (
                ListingSource(listing=listing, community_id=listing.community_id, product=row)
                for listing, row in zip(listings, rows, strict=True)
            ),
        )


def _copy[Row: Model](row: Row, **changed) -> Row:
    made = copy.copy(row)
    made._state = copy.copy(row._state)
    made._state.adding, made._state.fields_cache = True, {}
    made.pk = None
    for name, value in changed.items():
        setattr(made, name, value)
    return made


def _write[Row: Model](model: type[Row], rows: Iterable[Row]) -> list[Row]:
    written = []
    for some in batched(rows, 1000):
        written += model._default_manager.bulk_create(some)
    return written


def open_office() -> str:
    """Somebody of the staff, and the files that a browser fetches."""
    call_command("collectstatic", interactive=False, verbosity=0)
    staff = User.objects.create_superuser("staff@example.com", "only for the benchmarks")
    assert staff.status == Status.ACTIVE and staff.groups.filter(name=Role.SYSTEM).exists()
    return staff.email.partition("@")[0]
