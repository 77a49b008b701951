"""What the merchant's choices come to: how many stores, groups and goods they switch on and off."""

from dataclasses import dataclass

from django.db.models import Count, Q

from accounts.models import User

from .choices import GROUP, INHERIT, PRODUCT, STORE, Choices
from .groups import GroupTree
from .models import CachedGroup, CachedProduct, CachedStore, SyncConfig, SyncFilter


@dataclass(frozen=True, slots=True)
class Chosen:
    """Of stores that Evotor shows."""

    stores: int
    stores_on: int
    groups_off: int
    products_off: int


def summary(user: User) -> Chosen:
    """Counted by the database, in two queries: a merchant may have chosen fifty thousand goods one by one."""
    stores = list(CachedStore.objects.of(user).present().values_list("evotor_id", flat=True))
    on = Q(entity_type=STORE, mode=SyncFilter.Mode.INCLUDE, entity_id__in=stores)
    off = Q(entity_type__in=(GROUP, PRODUCT), mode=SyncFilter.Mode.EXCLUDE, parent_entity_id__in=stores)
    told = SyncFilter.objects.of(user).filter(on | off).order_by().values_list("entity_type").annotate(Count("pk"))
    counts = dict(told)
    return Chosen(len(stores), counts.get(STORE, 0), counts.get(GROUP, 0), counts.get(PRODUCT, 0))


def any_store(user: User) -> bool:
    """Whether a store that Evotor shows is on: without one nothing is published."""
    on = SyncFilter.objects.of(user).filter(entity_type=STORE, mode=SyncFilter.Mode.INCLUDE).values("entity_id")
    return CachedStore.objects.of(user).present().filter(evotor_id__in=on).exists()


def any_category(user: User, config: SyncConfig) -> bool:
    """Whether a VK category is chosen for any good: without one nothing is published."""
    own = CachedGroup.objects.of(user).present().filter(vk_category_id__isnull=False)
    return config.default_category_id is not None or own.exists()


def goods(user: User) -> int:
    """How many goods of the till are chosen to be published. Rules may still hold some of them back."""
    choices = Choices.of(user)
    found = CachedStore.objects.of(user).present()
    stores = {store.pk: store.evotor_id for store in found if choices.store_on(store.evotor_id)}
    trees = GroupTree.all_of(stores)
    present = CachedProduct.objects.present().filter(store__in=list(stores)).order_by()

    def on(store: int, parent_id: str) -> bool:
        return choices.group_on(stores[store], trees[store].chain(parent_id))

    by_group = present.values_list("store", "parent_id").annotate(Count("pk"))
    count = sum(held for store, parent_id, held in by_group if on(store, parent_id))
    ids = SyncFilter.objects.of(user).filter(entity_type=PRODUCT).values_list("entity_id", flat=True)
    # Whether they are absent is looked at here: asked for it, SQLite walks the whole store instead of the ids.
    chosen = CachedProduct.objects.filter(store__in=list(stores), evotor_id__in=list(ids))
    for store, product_id, parent_id, absent in chosen.values_list("store", "evotor_id", "parent_id", "absent_since"):
        own = choices.own(PRODUCT, product_id, stores[store])
        if own != INHERIT and not absent:
            count += (own == SyncFilter.Mode.INCLUDE) - on(store, parent_id)
    return count
