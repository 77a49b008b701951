"""What the merchant's choices come to: how many stores, groups and goods they switch on and off."""

from dataclasses import dataclass

from django.db.models import Count

from accounts.models import User

from .choices import GROUP, INHERIT, PRODUCT, Choices
from .groups import GroupTree
from .models import CachedProduct, CachedStore, SyncFilter


@dataclass(frozen=True, slots=True)
class Chosen:
    """Of stores that Evotor shows."""

    stores: int
    stores_on: int
    groups_off: int
    products_off: int


def summary(user: User) -> Chosen:
    """In two queries, whatever the catalog holds."""
    stores = set(CachedStore.objects.of(user).filter(absent_since=None).values_list("evotor_id", flat=True))
    rows = SyncFilter.objects.of(user).values_list("entity_type", "entity_id", "parent_entity_id", "mode")
    off = [(kind, store) for kind, _id, store, mode in rows if mode == SyncFilter.Mode.EXCLUDE and store in stores]
    choices = Choices(rows)
    return Chosen(
        stores=len(stores),
        stores_on=sum(map(choices.store_on, stores)),
        groups_off=sum(kind == GROUP for kind, _store in off),
        products_off=sum(kind == PRODUCT for kind, _store in off),
    )


def goods(user: User) -> int:
    """How many goods of the till are chosen to be published. Rules may still hold some of them back."""
    choices = Choices.of(user)
    stores = CachedStore.objects.of(user).filter(absent_since=None)
    return sum(_goods_of(user, choices, store) for store in stores if choices.store_on(store.evotor_id))


def _goods_of(user: User, choices: Choices, store: CachedStore) -> int:
    tree = GroupTree.of(store)
    present = CachedProduct.objects.present().filter(store=store)

    def on(parent_id: str) -> bool:
        return choices.group_on(store.evotor_id, tree.chain(parent_id))

    by_group = present.order_by().values_list("parent_id").annotate(Count("pk"))
    count = sum(held for parent_id, held in by_group if on(parent_id))
    own = dict(
        SyncFilter.objects.of(user)
        .filter(entity_type=PRODUCT, parent_entity_id=store.evotor_id)
        .values_list("entity_id", "mode")
    )
    for product_id, parent_id in present.filter(evotor_id__in=list(own)).values_list("evotor_id", "parent_id"):
        chosen = own.get(product_id, INHERIT) == SyncFilter.Mode.INCLUDE
        count += chosen - on(parent_id)
    return count
