"""A merchant switches stores, groups and goods on and off: how many goods would leave VK, and the deed."""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from catalog.choices import PRODUCT, STORE, UNGROUPED, Choices, set_choices
from catalog.groups import GroupTree
from catalog.models import CachedGroup, CachedProduct, CachedStore, SyncFilter
from connections.models import Community
from evosync.base.upsert import BATCH

from . import previews, publishing
from .models import Listing

INCLUDE, EXCLUDE = SyncFilter.Mode.INCLUDE, SyncFilter.Mode.EXCLUDE
# From so many goods on a page asks before they leave VK, with their number. Removals that the merchant has chosen this
# way raise no alarm in the guards.
ASK_FROM = 10


@dataclass(frozen=True, slots=True)
class Switch:
    """One choice about to be made: for a store, for a group, or for some of the store's products."""

    user: User
    store: CachedStore
    mode: str
    kind: str = STORE
    group_id: str = ""
    # Of PRODUCT alone.
    products: QuerySet[CachedProduct] = field(default_factory=CachedProduct.objects.none)

    def leaving(self, community: Community | None) -> int:
        """How many goods that a buyer sees now would leave VK by it."""
        if community is None or self.mode == INCLUDE:
            return 0
        shown = Listing.objects.filter(community=community, shown=True, source__product__store=self.store)
        if self.kind == PRODUCT:
            return shown.filter(source__product__in=self._leaving_products()).count()
        return self._leaving_places(shown)

    def _leaving_products(self) -> QuerySet[CachedProduct]:
        if self.mode == EXCLUDE:
            return self.products
        choices = Choices.in_store(self.user, self.store.evotor_id)
        off = Q(pk=None)
        if choices.store_on(self.store.evotor_id):
            off = in_places(self.store, {place for place, on in _places(self.store, choices).items() if not on})
        return self.products.filter(off)

    def _leaving_places(self, shown: QuerySet[Listing]) -> int:
        store_id = self.store.evotor_id
        now = Choices.in_store(self.user, store_id)
        entity, parent = (store_id, "") if self.kind == STORE else (self.group_id, store_id)
        then = now.changed(self.kind, entity, parent, self.mode)
        if not then.store_on(store_id):
            return shown.count() if now.store_on(store_id) else 0
        before, after = _places(self.store, now), _places(self.store, then)
        lost = {place for place, on in before.items() if on and not after[place]}
        if not lost:
            return 0
        leaving = CachedProduct.objects.filter(in_places(self.store, lost), ~Exists(_own_choice(self.user, store_id)))
        return shown.filter(source__product__in=leaving).count()

    def make(self, community: Community | None) -> None:
        """Keep the choice, and have VK brought to it soon. Safe to repeat, and while a run is at work."""
        store_id = self.store.evotor_id
        if self.kind == PRODUCT:
            self._choose_products(community)
            return
        entity, parent = (store_id, "") if self.kind == STORE else (self.group_id, store_id)
        with transaction.atomic():
            set_choices(self.user, self.kind, [entity], parent, self.mode)
            request(community)

    def _choose_products(self, community: Community | None) -> None:
        """A page of them in one transaction with the request; more than that bite by bite, then the request."""
        rows = self.products.order_by("pk").values_list("pk", "evotor_id")
        some = list(rows[: BATCH + 1])
        if len(some) <= BATCH:
            with transaction.atomic():
                self._keep(some)
                request(community, [pk for pk, _id in some])
            return
        while some:
            self._keep(some)
            some = list(rows.filter(pk__gt=some[-1][0])[:BATCH])
        request(community)

    def _keep(self, rows: list[tuple[int, str]]) -> None:
        set_choices(self.user, PRODUCT, [evotor_id for _pk, evotor_id in rows], self.store.evotor_id, self.mode)


def request(community: Community | None, products: Collection[int] = ()) -> None:
    """Something was chosen otherwise: have these products planned anew soon, or all, where the merchant has a community
    at all."""
    if community is not None:
        previews.outdate(community)
        publishing.request_run(community, products)


def _places(store: CachedStore, choices: Choices) -> dict[str, bool]:
    """Whether goods of each group, and those of none, are published where they say nothing themselves."""
    tree = GroupTree.plain(store)
    places = {row.evotor_id: choices.group_on(store.evotor_id, tree.chain(row.evotor_id)) for row in tree}
    return places | {UNGROUPED: choices.group_on(store.evotor_id, ())}


def in_places(store: CachedStore, places: Collection[str]) -> Q:
    """Products that lie in one of these groups; UNGROUPED stands for those in none that is known."""
    lying = Q(store=store, parent_id__in=[place for place in places if place != UNGROUPED])
    if UNGROUPED in places:
        known = CachedGroup.objects.filter(store=store, evotor_id=OuterRef("parent_id"))
        lying |= Q(Q(parent_id="") | ~Exists(known), store=store)
    return lying


def _own_choice(user: User, store_id: str) -> QuerySet[SyncFilter]:
    chosen = SyncFilter.objects.of(user).filter(entity_type=PRODUCT, parent_entity_id=store_id)
    return chosen.filter(entity_id=OuterRef("evotor_id"))
