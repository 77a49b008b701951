"""What the merchant chose to publish: stores, groups and products switched on and off."""

from collections.abc import Collection, Iterable, Sequence
from itertools import batched

from django.db.models import Q

from accounts.models import User
from evosync.base.upsert import BATCH, upsert

from .models import SyncFilter

STORE, GROUP, PRODUCT = SyncFilter.Entity.STORE, SyncFilter.Entity.GROUP, SyncFilter.Entity.PRODUCT
UNGROUPED = SyncFilter.UNGROUPED
INHERIT = "inherit"
MODES = (*SyncFilter.Mode.values, INHERIT)
COLUMNS = ("entity_type", "entity_id", "parent_entity_id", "mode")


class Choices:
    """A merchant's choices, asked product by product. Pure once built.

    A store is off until it was switched on. In a store that is on everything is published except what was
    switched off, and the nearest choice wins: the product's, then its groups' from the nearest, then the store's.
    Goods that lie in no group share one choice, as if they lay in a group of their own.
    """

    def __init__(self, rows: Iterable[tuple[str, str, str, str]]):
        """`rows`: (entity type, entity id, parent entity id, mode) as SyncFilter keeps them."""
        self._modes = {(kind, store, entity): mode for kind, entity, store, mode in rows}

    @classmethod
    def of(cls, user: User) -> "Choices":
        return cls(SyncFilter.objects.of(user).values_list(*COLUMNS))

    @classmethod
    def in_store(cls, user: User, store_id: str, products: Collection[str] = ()) -> "Choices":
        """Of one store and its groups, and of these products alone: there may be a hundred thousand others."""
        about = Q(entity_type=STORE, entity_id=store_id) | Q(entity_type=GROUP, parent_entity_id=store_id)
        if products:
            about |= Q(entity_type=PRODUCT, parent_entity_id=store_id, entity_id__in=list(products))
        return cls(SyncFilter.objects.of(user).filter(about).values_list(*COLUMNS))

    def changed(self, entity_type: str, entity_id: str, store_id: str, mode: str) -> "Choices":
        """What they would be with this choice."""
        rows = [(kind, entity, store, told) for (kind, store, entity), told in self._modes.items()]
        return Choices([*rows, (entity_type, entity_id, store_id, mode)])

    def own(self, entity_type: str, entity_id: str, store_id: str = "") -> str:
        """What was chosen for this very thing: include, exclude or inherit."""
        return self._modes.get((entity_type, store_id, entity_id), INHERIT)

    def store_on(self, store_id: str) -> bool:
        return self.own(STORE, store_id) == SyncFilter.Mode.INCLUDE

    def group_on(self, store_id: str, chain: Sequence[str]) -> bool:
        """Whether goods of the first group of `chain` are published where they say nothing themselves. `chain`: the
        groups from the nearest up, () for goods that lie in none."""
        return self.store_on(store_id) and self._nearest(store_id, chain) != SyncFilter.Mode.EXCLUDE

    def of_products(self, store_id: str) -> dict[str, bool]:
        """Of goods of the store with a choice of their own, whether they are published; of others `group_on` tells."""
        on = self.store_on(store_id)
        chosen = (
            (entity, mode)
            for (kind, store, entity), mode in self._modes.items()
            if (kind, store) == (PRODUCT, store_id)
        )
        return {product_id: on and mode == SyncFilter.Mode.INCLUDE for product_id, mode in chosen}

    def decisive(self, store_id: str, chain: Sequence[str]) -> str:
        """The group of the chain whose choice counts for its first one; "" where only the store's does."""
        groups = (group_id for group_id in chain or (UNGROUPED,))
        return next((group_id for group_id in groups if self.own(GROUP, group_id, store_id) != INHERIT), "")

    def _nearest(self, store_id: str, chain: Sequence[str]) -> str:
        return self.own(GROUP, self.decisive(store_id, chain), store_id)


def set_choice(user: User, entity_type: str, entity_id: str, parent_entity_id: str, mode: str) -> None:
    """Make `mode` (include, exclude, inherit) the choice for this thing. Absolute: safe to repeat and to race.

    `parent_entity_id` is the store of a group or product, and '' for a store.
    """
    set_choices(user, entity_type, [entity_id], parent_entity_id, mode)


def set_choices(user: User, entity_type: str, ids: Iterable[str], parent_entity_id: str, mode: str) -> None:
    """The same choice for many things of one kind, 500 a transaction."""
    if entity_type not in SyncFilter.Entity.values or mode not in MODES:
        raise ValueError(f"no such choice: {entity_type} {mode}")
    if bool(parent_entity_id) == (entity_type == STORE):
        raise ValueError(f"a {entity_type} cannot be of store {parent_entity_id!r}")
    place = {"entity_type": entity_type, "parent_entity_id": parent_entity_id}
    for some in batched(ids, BATCH):
        if not all(some):
            raise ValueError(f"a {entity_type} cannot be named by ''")
        if mode == INHERIT:
            SyncFilter.objects.of(user).filter(**place, entity_id__in=some).delete()
        else:
            rows = [SyncFilter(user=user, mode=mode, entity_id=entity_id, **place) for entity_id in some]
            upsert(SyncFilter, rows, unique=["user", "entity_type", "entity_id", "parent_entity_id"], fields=["mode"])
