"""A row of every model, as plain as it may be. `EvotorConnectionFactory(user=merchant)` and so on."""

from datetime import UTC, datetime
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from accounts.models import Status, User
from catalog.mirroring import searchable
from catalog.models import CachedGroup, CachedProduct, CachedStore, RefreshRun, SyncConfig, SyncFilter
from connections.models import Community, EvotorConnection, OzonConnection, Pace, VkConnection
from vkmarket.items import Item
from vkmarket.models import (
    AlbumListing,
    Attempt,
    Lease,
    Listing,
    ListingSource,
    Match,
    Removal,
    SyncRun,
    VkAlbumPlace,
    VkCachedAlbum,
    VkCachedProduct,
    VkCategory,
    derive_sku,
)

MOMENT = datetime(2026, 3, 6, 11, 30, tzinfo=UTC)
PASSWORD = "Чай-и-кофе-2026"


class UserFactory(DjangoModelFactory):
    """An active merchant."""

    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"merchant{n}@example.com")
    full_name = "Мария Лавкина"
    status = Status.ACTIVE

    @classmethod
    def _create(cls, model_class, *args, password=PASSWORD, **fields):
        return model_class.objects.create_user(*args, password=password, **fields)


class EvotorConnectionFactory(DjangoModelFactory):
    class Meta:
        model = EvotorConnection

    user = factory.SubFactory(UserFactory)
    evotor_user_id = factory.Sequence(lambda n: f"01-{n:015d}")
    access_token = factory.Sequence(lambda n: f"evotor-token-{n}")
    is_online = True


class CommunityFactory(DjangoModelFactory):
    class Meta:
        model = Community

    group_id = factory.Sequence(lambda n: 2000 + n)
    name = "Лавка чая"
    screen_name = factory.LazyAttribute(lambda community: f"club{community.group_id}")


class VkConnectionFactory(DjangoModelFactory):
    class Meta:
        model = VkConnection

    user = factory.SubFactory(UserFactory)
    access_token = factory.Sequence(lambda n: f"vk-token-{n}")
    vk_user_id = factory.Sequence(lambda n: 1000 + n)
    first_name = "Мария"
    last_name = "Лавкина"
    community = factory.SubFactory(CommunityFactory)
    group_id = factory.SelfAttribute("community.group_id")
    is_online = True


class OzonConnectionFactory(DjangoModelFactory):
    class Meta:
        model = OzonConnection

    user = factory.SubFactory(UserFactory)
    client_id = factory.Sequence(lambda n: f"{500 + n}")
    api_key = factory.Sequence(lambda n: f"ozon-key-{n}")


class PaceFactory(DjangoModelFactory):
    class Meta:
        model = Pace

    key = factory.Sequence(lambda n: f"vk:{n}")


class CachedStoreFactory(DjangoModelFactory):
    class Meta:
        model = CachedStore

    connection = factory.SubFactory(EvotorConnectionFactory)
    evotor_id = factory.Sequence(lambda n: f"20170228-F4F1-401B-80FA-{n:012X}")
    name = "Центр"
    address = "Тула, ул. Советская, 1"
    hash = "0" * 32


class CachedGroupFactory(DjangoModelFactory):
    class Meta:
        model = CachedGroup

    store = factory.SubFactory(CachedStoreFactory)
    evotor_id = factory.Sequence(lambda n: f"aaaaaaaa-0000-4000-8000-{n:012x}")
    name = factory.Sequence(lambda n: f"Группа {n}")
    search_text = factory.LazyAttribute(lambda group: searchable(group.name))
    hash = "0" * 32


class CachedProductFactory(DjangoModelFactory):
    class Meta:
        model = CachedProduct
        skip_postgeneration_save = True

    store = factory.SubFactory(CachedStoreFactory)
    evotor_id = factory.Sequence(lambda n: f"bbbbbbbb-0000-4000-8000-{n:012x}")
    name = factory.Sequence(lambda n: f"Чай чёрный № {n}")
    type = "NORMAL"
    price = Decimal("120.00")
    quantity = Decimal("7.000")
    measure_name = "шт"
    search_text = factory.LazyAttribute(lambda product: searchable(product.name))
    sort_name = factory.LazyAttribute(lambda product: searchable(product.name)[:60])
    hash = "0" * 32

    @factory.post_generation
    def counted(self, create, _extracted, **_kwargs):
        """As a reading does."""
        if create:
            self.store.count_goods()


class RefreshRunFactory(DjangoModelFactory):
    class Meta:
        model = RefreshRun

    store = factory.SubFactory(CachedStoreFactory)
    started_at = MOMENT
    finished_at = MOMENT
    complete = True


class SyncConfigFactory(DjangoModelFactory):
    """Settings of a merchant whose goods are published."""

    class Meta:
        model = SyncConfig

    user = factory.SubFactory(UserFactory)
    enabled = True
    default_category_id = 5001


class SyncFilterFactory(DjangoModelFactory):
    """A store that is on."""

    class Meta:
        model = SyncFilter

    user = factory.SubFactory(UserFactory)
    entity_type = SyncFilter.Entity.STORE
    entity_id = factory.Sequence(lambda n: f"20170228-F4F1-401B-80FA-{n:012X}")
    parent_entity_id = ""
    mode = SyncFilter.Mode.INCLUDE


class VkCategoryFactory(DjangoModelFactory):
    class Meta:
        model = VkCategory

    category_id = factory.Sequence(lambda n: 5001 + n)
    name = "Чай"
    path = "Продукты / Чай"
    fetched_at = MOMENT


class VkCachedAlbumFactory(DjangoModelFactory):
    class Meta:
        model = VkCachedAlbum

    community = factory.SubFactory(CommunityFactory)
    album_id = factory.Sequence(lambda n: 10 + n)
    title = factory.Sequence(lambda n: f"Подборка {n}")


class VkAlbumPlaceFactory(DjangoModelFactory):
    class Meta:
        model = VkAlbumPlace

    community = factory.SubFactory(CommunityFactory)
    album_id = factory.Sequence(lambda n: 10 + n)
    item_id = factory.Sequence(lambda n: 100 + n)


class VkCachedProductFactory(DjangoModelFactory):
    class Meta:
        model = VkCachedProduct

    community = factory.SubFactory(CommunityFactory)
    item_id = factory.Sequence(lambda n: 100 + n)
    title = factory.Sequence(lambda n: f"Чай чёрный № {n}")
    description = "Крупный лист, пачка 100 г"
    price = Decimal("120.00")
    stock = 7
    hash = "0" * 32


class ListingFactory(DjangoModelFactory):
    """A listing that was never sent; `vk_item_id=…` for one that is in VK."""

    class Meta:
        model = Listing

    community = factory.SubFactory(CommunityFactory)
    sku = factory.Sequence(lambda n: derive_sku(2000, "store", f"product-{n}"))


class ListingSourceFactory(DjangoModelFactory):
    class Meta:
        model = ListingSource
        skip_postgeneration_save = True

    listing = factory.SubFactory(ListingFactory)
    community = factory.SelfAttribute("listing.community")
    product = factory.SubFactory(CachedProductFactory)

    @factory.post_generation
    def placed(source, _create, _value):
        Listing.objects.filter(pk=source.listing_id).place()


class MatchFactory(DjangoModelFactory):
    """An item made by hand that has the name of a product."""

    class Meta:
        model = Match

    community = factory.SubFactory(CommunityFactory)
    product = factory.SubFactory(CachedProductFactory)
    item_id = factory.Sequence(lambda n: 100 + n)
    why = Match.Why.TITLE
    wanted = factory.LazyAttribute(
        lambda match: Item(match.product.name, "Крупный лист", match.product.price, 5001).to_json()
    )
    wanted_hash = factory.LazyAttribute(lambda match: Item.from_json(match.wanted).digest())
    search_text = factory.LazyAttribute(lambda match: searchable(match.product.name))


class AlbumListingFactory(DjangoModelFactory):
    class Meta:
        model = AlbumListing

    community = factory.SubFactory(CommunityFactory)
    group = factory.SubFactory(CachedGroupFactory)
    title = factory.LazyAttribute(lambda album: album.group.name)


class SyncRunFactory(DjangoModelFactory):
    class Meta:
        model = SyncRun

    community = factory.SubFactory(CommunityFactory)


class RemovalFactory(DjangoModelFactory):
    """Asked for just now, and not begun."""

    class Meta:
        model = Removal

    user = factory.SubFactory(UserFactory)
    community = factory.SubFactory(CommunityFactory)
    purpose = Removal.Purpose.REMOVE
    goods = 10
    asked_at = MOMENT
    in_progress = factory.LazyAttribute(lambda removal: removal.community.pk)


class AttemptFactory(DjangoModelFactory):
    """A create that VK accepted."""

    class Meta:
        model = Attempt

    listing = factory.SubFactory(ListingFactory)
    kind = Attempt.Kind.CREATE
    state = Attempt.State.ACCEPTED
    fence = 1
    sent_at = MOMENT
    finished_at = MOMENT


class LeaseFactory(DjangoModelFactory):
    class Meta:
        model = Lease

    community = factory.SubFactory(CommunityFactory)
