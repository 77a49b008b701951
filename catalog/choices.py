"""What the merchant chose to publish: stores, groups and products switched on and off."""

from collections.abc import Iterable, Sequence

from accounts.models import User
from evosync.base.upsert import upsert

from .models import SyncFilter

STORE, GROUP, PRODUCT = SyncFilter.Entity.STORE, SyncFilter.Entity.GROUP, SyncFilter.Entity.PRODUCT
UNGROUPED = SyncFilter.UNGROUPED
INHERIT = "inherit"


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
        rows = SyncFilter.objects.of(user).values_list("entity_type", "entity_id", "parent_entity_id", "mode")
        return cls(rows)

    def own(self, entity_type: str, entity_id: str, store_id: str = "") -> str:
        """What was chosen for this very thing: include, exclude or inherit."""
        return self._modes.get((entity_type, store_id, entity_id), INHERIT)

    def store_on(self, store_id: str) -> bool:
        return self.own(STORE, store_id) == SyncFilter.Mode.INCLUDE

    def group_on(self, store_id: str, chain: Sequence[str]) -> bool:
        """Whether goods of the first group of `chain` are published where nothing says otherwise."""
        return self.store_on(store_id) and self._nearest(store_id, chain) != SyncFilter.Mode.EXCLUDE

    def published(self, store_id: str, chain: Sequence[str], product_id: str) -> bool:
        """Whether the product shall be on the showcase. `chain`: its groups, nearest first, () for none."""
        if not self.store_on(store_id):
            return False
        own = self.own(PRODUCT, product_id, store_id)
        return (self._nearest(store_id, chain) if own == INHERIT else own) != SyncFilter.Mode.EXCLUDE

    def _nearest(self, store_id: str, chain: Sequence[str]) -> str:
        modes = (self.own(GROUP, group_id, store_id) for group_id in chain or (UNGROUPED,))
        return next((mode for mode in modes if mode != INHERIT), INHERIT)


def set_choice(user: User, entity_type: str, entity_id: str, parent_entity_id: str, mode: str) -> None:
    """Make `mode` (include, exclude, inherit) the choice for this thing. Absolute: safe to repeat and to race.

    `parent_entity_id` is the store of a group or product, and '' for a store.
    """
    if entity_type not in SyncFilter.Entity.values or mode not in (*SyncFilter.Mode.values, INHERIT):
        raise ValueError(f"no such choice: {entity_type} {mode}")
    if not entity_id or bool(parent_entity_id) == (entity_type == STORE):
        raise ValueError(f"a {entity_type} cannot be named by {entity_id!r} of store {parent_entity_id!r}")
    key = {"entity_type": entity_type, "entity_id": entity_id, "parent_entity_id": parent_entity_id}
    if mode == INHERIT:
        SyncFilter.objects.of(user).filter(**key).delete()
    else:
        upsert(SyncFilter, [SyncFilter(user=user, mode=mode, **key)], unique=["user", *key], fields=["mode"])
