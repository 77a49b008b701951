"""What must hold while it goes on, checked at every commit of VK's world; and what must hold once it is quiet."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import connection

from sandbox.journal import is_write

from .shop import GROUP_ID, Shop

# Calls that change the showcase; uploading a picture does not.
WRITES = ("add(", "edit(", "delete(", "addAlbum(", "editAlbum(", "addToAlbum(", "removeFromAlbum(")


@dataclass(slots=True)
class Caller:
    """The round that a request came from."""

    # Ids of products that the mirror knew to be forbidden when the rules were asked about all of them last.
    forbidden: frozenset[str] = frozenset()
    # The fence of its lease.
    fence: int = 0


@dataclass(slots=True)
class Laws:
    """Watches VK's world for one seed."""

    sim: object
    shop: Shop = None
    caller: Caller | None = None
    broken: list[str] = field(default_factory=list)
    writes: int = 0
    _last: dict[int, dict] = field(default_factory=dict)

    def fail(self, what: str) -> None:
        self.sim.tell(f"!! {what}")
        self.broken.append(what)

    def look_away(self) -> None:
        """What changed just now, the merchant did by hand."""
        self._last = dict(self.sim.vk.groups[GROUP_ID].items)

    def calls_outside_of_transactions(self, label: str) -> None:
        if connection.in_atomic_block:
            self.fail(f"{label} was called inside a transaction")

    def calls_by_the_holder_alone(self, label: str, code: str) -> None:
        """Whoever begins to write holds the lease, or nobody has taken it over at least."""
        caller = self.sim.rounds.get(self.sim.scheduler.current.name)
        if caller and any(f"API.market.{verb}" in code for verb in WRITES):
            fence = self.sim.fence()
            if fence != caller.fence:
                self.fail(f"{label} by a worker of fence {caller.fence}, while {fence} is the holder's")

    # -- VK's journal --------------------------------------------------------------------------------------------

    def open(self, call) -> None:
        if call.outer is None and call.api == "evotor":
            self.sim.tell(f"  {call.method} {call.params.get('product', '')[:8]}")

    def close(self, call, outcome: str) -> None:
        if call.api == "vk" and self.sim.tracing:
            shown = {key: value for key, value in call.params.items() if key not in ("owner_id", "description")}
            if call.method in ("market.saveProductPhoto", "upload"):
                shown = {}
            self.sim.tell(f"  {'    ' if call.outer else ''}{call.method} {shown}: {outcome}")

    def committed(self, call) -> None:
        if call.api != "vk" or call.method == "upload" or not is_write("vk", call.method):
            return
        self.writes += 1
        items = self.sim.vk.groups[GROUP_ID].items
        for item_id, row in items.items():
            before = self._last.get(item_id)
            if before is not row:
                self._changed(call, before, row, items)
        self._last = dict(items)

    def _changed(self, call, before: dict | None, row: dict, items: dict[int, dict]) -> None:
        item_id, product = row["id"], self.shop.by_sku.get(row["sku"])
        given = self.sim.hands.given.get(item_id)
        product = product or given
        if item_id in self.shop.foreign and given is None:
            if not self._may_be_our_twin(call, row, items):
                self.fail(f"{call.method} touched item {item_id}, which the merchant made")
            return
        if product is None:
            self.fail(f"item {item_id} has a mark that was never derived: {row['sku']!r}")
            return
        if not _visible(row):
            return
        if row["price"] not in product.prices:
            self.fail(f"item {item_id} shows {row['price']} kopecks, which {product.row['name']} never cost")
        twins = [
            other["id"]
            for other in items.values()
            if other["sku"] == row["sku"] and _visible(other) and other["id"] not in self.shop.foreign
        ]
        if len(twins) > 1:
            self.fail(f"buyers see {row['sku']} ({row['name']}) more than once: {twins}")
        if before is None or not _visible(before):
            self._shown(item_id, product)

    def _shown(self, item_id: int, product) -> None:
        """An item came to be seen by buyers."""
        known = self.caller is not None and self.caller.forbidden & set(product.ids)
        if product.forbidden_from_birth or known:
            self.fail(f"item {item_id} shows {product.row['name']}, which is known to be forbidden")

    def _may_be_our_twin(self, call, row: dict, items: dict[int, dict]) -> bool:
        """A copy by hand cannot be told from a twin of ours where we added as often as there are items."""
        if call.method != "market.delete":
            return False
        alike = [
            one for one in items.values() if one["sku"] == row["sku"] and one["removed_at"] in (None, row["removed_at"])
        ]
        adds = self.sim.ask(
            "SELECT count(*) FROM attempts a JOIN listings l ON l.id = a.listing_id"
            " WHERE l.sku = ? AND a.kind = 'create' AND a.state IN ('accepted', 'unknown', 'absent')",
            row["sku"],
        )[0][0]
        return adds >= len(alike)

    # -- leases ----------------------------------------------------------------------------------------------------

    def somebody_looked_again(self, asked_at: str, report: str) -> None:
        """Whoever found the lease taken was promised that its holder looks again."""
        began = self.sim.ask("SELECT max(started_at) FROM sync_runs")[0][0]
        if not began or began < asked_at:
            self.fail(f"nobody looked again for whoever came at {asked_at} and found the lease taken; {report}")

    def planned_since(self, asked_at: str, products: frozenset[int]) -> None:
        """So was whoever came about these products, or about everything."""
        stopped = self.sim.seen["remove_all"] or self.sim.seen["switch_off"]
        if not stopped and not any(
            began >= asked_at and (not about or about >= products > frozenset()) for began, about in self.sim.plans
        ):
            self.fail(f"nobody planned {sorted(products) or 'everything'} for whoever came at {asked_at}")

    # -- runs ------------------------------------------------------------------------------------------------------

    def no_run_is_left(self, since: str = "") -> None:
        """Nothing goes on any more, and nobody was killed: no run says that it does, or was taken for a dead worker's.
        `since`: about the runs that began from then on."""
        left = self.sim.ask(
            "SELECT id, status FROM sync_runs"
            " WHERE (status = 'running' OR error = 'interrupted') AND coalesce(started_at, queued_at) >= ?",
            since,
        )
        for key, status in left:
            self.fail(f"nobody was killed, and run {key} is {status if status == 'running' else 'interrupted'}")


def _visible(row: dict) -> bool:
    return row["removed_at"] is None and not row["deleted"] and row["stock_amount"] != 0
