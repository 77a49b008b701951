"""Once faults and meddling are over: every wish is what VK shows, or its row says why not."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from django.apps import apps

from catalog.models import CachedProduct, CachedStore
from vkmarket.items import Item
from vkmarket.models import AlbumListing, Attempt, Listing, ListingSource, SyncRun
from vkmarket.reasons import Block

from .laws import Laws
from .shop import GROUP_ID, STORE, Product

OURS = ("accounts", "catalog", "connections", "evosync", "vkmarket")
# Where each round leaves that it was, and when.
OF_EACH_ROUND = {
    *("refresh_runs", "sync_runs", "leases"),
    *("cached_stores", "communities", "evotor_connections", "vk_connections"),
}


def all_rows(sim) -> dict[str, list]:
    """Everything that a run without news must leave as it is."""
    tables = {model._meta.db_table for app in OURS for model in apps.get_app_config(app).get_models()}
    # The whole rows stand for their order: not each table has an id.
    kept = tables - OF_EACH_ROUND - sim.way.writes
    return {table: sorted(sim.ask(f"SELECT * FROM {table}"), key=repr) for table in kept}


def changed_tables(before: dict[str, list], after: dict[str, list]) -> list[str]:
    return [table for table in before if before[table] != after[table]]


class Verdict:
    """Till, rows and VK's world compared after a round: what is wrong is in `faults`, what was seen in `seen`."""

    def __init__(self, laws: Laws):
        self.sim, self.shop = laws.sim, laws.shop
        self.faults: list[str] = []
        self.seen: Counter[str] = Counter()
        self.items = self.sim.vk.groups[GROUP_ID].items
        self.albums = dict(AlbumListing.objects.values_list("pk", "album_id"))

    def all(self) -> Verdict:
        sources = dict(ListingSource.objects.values_list("product__evotor_id", "listing_id"))
        listings = Listing.objects.in_bulk()
        present = CachedProduct.objects.filter(store__evotor_id=STORE, absent_since=None)
        mirror = {row.evotor_id: row for row in present}
        for product in self.shop.products:
            if not product.gone:
                self._mirrored(product, mirror.get(product.id))
                self._wished(product, listings.get(sources.get(product.id)))
        if (told := CachedStore.objects.get(evotor_id=STORE).goods) != len(mirror):
            self.faults.append(f"the store says that it has {told} goods, and has {len(mirror)}")
        for listing in listings.values():
            self._shown_as_wished(listing)
        self._items(listings)
        open_ones = Attempt.objects.filter(in_flight__isnull=False).exclude(listing__blocked="unsettled")
        for attempt in open_ones:
            self.faults.append(f"the attempt {attempt} is open for ever")
        for run in SyncRun.objects.filter(status=SyncRun.Status.RUNNING):
            self.faults.append(f"the run {run} never ends")
        return self

    def _mirrored(self, product: Product, row: CachedProduct | None) -> None:
        if row is None or row.price != Decimal(product.row["price"]) or row.type != product.row["type"]:
            self.faults.append(
                f"the mirror does not know {product.row['name']} ({product.id}) as the till has it: {row}"
            )

    def _wished(self, product: Product, listing: Listing | None) -> None:
        """The till alone says what shall be shown; whoever differs says why."""
        if not product.for_sale or product.id in self.shop.excluded:
            if listing and listing.wanted and listing.wanted["visible"] and not listing.hold:
                self.faults.append(f"{product.row['name']} is wished for, though it is not for sale")
            return
        if listing is None:
            self.faults.append(f"{product.row['name']} has no listing")
        elif listing.hold:
            self.seen["held"] += 1
        elif Decimal(listing.wanted["price"]) != Decimal(product.row["price"]):
            self.faults.append(f"{product.row['name']} is wished for at {listing.wanted['price']}")

    def _shown_as_wished(self, listing: Listing) -> None:
        self._told_truly(listing)
        if listing.blocked:
            self.seen[f"blocked: {listing.blocked}"] += 1
            return
        if listing.lane is not None or listing.unsettled_since or listing.twin_check_at:
            self.faults.append(
                f"{listing} waits for ever: lane {listing.lane}, due {listing.due_at}, {listing.error_text}"
            )
            return
        wanted = Item.from_json(listing.wanted) if listing.wanted else None
        row = self.items.get(listing.vk_item_id)
        if wanted is None or not wanted.visible:
            if row and row["removed_at"] is None and not row["deleted"] and "visible" not in listing.drift:
                self.faults.append(f"{listing} is to be hidden ({listing.hold}), and item {row['id']} is not")
            return
        if row is None or row["removed_at"] is not None:
            self.faults.append(f"{listing} ({wanted.name}) is not in VK, without a reason")
            return
        self.seen["compared"] += 1
        if differing := [name for name in self._differing(listing, wanted, row) if name not in listing.drift]:
            self.faults.append(
                f"item {row['id']} ({wanted.name}) differs from the wish in {differing}, without a reason"
            )
        if listing.drift:
            self.seen["drift"] += 1
        elif listing.confirmed_at is None:
            self.faults.append(f"{listing} was never confirmed")

    def _told_truly(self, listing: Listing) -> None:
        """What is said to be done by hand was."""
        said = {*listing.drift, *({listing.blocked} & {Block.DELETED_IN_VK})}
        if listing.vk_item_id in self.shop.foreign:
            return
        if wrongly := said - self.shop.touched[listing.vk_item_id]:
            self.faults.append(f"{listing} tells of {wrongly}, and no hand was there")

    def _differing(self, listing: Listing, wanted: Item, row: dict) -> list[str]:
        shown = {
            "name": row["name"] == wanted.name,
            "description": row["description"] == wanted.description,
            "price": row["price"] == wanted.price * 100,
            "category_id": row["category_id"] == wanted.category_id,
            "stock": row["stock_amount"] == wanted.stock,
            # Of what is sold out VK does not tell whether somebody hid it besides.
            "visible": not row["deleted"] or wanted.stock == 0,
            # The hand of this merchant makes goods without a picture.
            "photo": row["main_photo_id"] == (listing.photo_id or 0),
            "album": wanted.album is None or self.albums[wanted.album] in row["album_ids"],
        }
        return [name for name, same in shown.items() if not same]

    def _items(self, listings: dict[int, Listing]) -> None:
        """Nothing of ours twice, nothing of ours that nobody knows of, everything foreign as it was."""
        bound = {listing.vk_item_id for listing in listings.values()}
        by_sku = {listing.sku: listing for listing in listings.values()}
        marks: dict[str, list[int]] = {}
        for item_id, row in self.items.items():
            if (item_id in self.shop.foreign and item_id not in bound) or row["removed_at"] is not None:
                continue
            marks.setdefault(row["sku"], []).append(item_id)
            listing = by_sku.get(row["sku"])
            if item_id not in bound and not (listing and listing.blocked):
                self.faults.append(f"item {item_id} ({row['sku']}) is ours, and no listing knows it")
        self.faults += self.sim.hands.doubles(self.items)
        for sku, ids in marks.items():
            if len(ids) > 1 and not by_sku[sku].blocked:
                self.faults.append(f"{sku} is in VK more than once: {ids}")
        for item_id, row in self.shop.foreign.items():
            now = self.items[item_id]
            if item_id in bound and item_id in self.sim.hands.given:
                continue
            if now != row and now["removed_at"] is None:
                self.faults.append(f"item {item_id}, which the merchant made, was changed: {row} -> {now}")
