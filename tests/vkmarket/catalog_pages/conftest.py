"""A merchant with a store, groups, goods in VK and a browser, and a stranger."""

from types import SimpleNamespace

import pytest
from django.test import Client

from catalog.choices import set_choice
from tests.factories import (
    CachedGroupFactory,
    CachedProductFactory,
    CachedStoreFactory,
    EvotorConnectionFactory,
    ListingFactory,
    ListingSourceFactory,
    SyncConfigFactory,
    UserFactory,
    VkCachedProductFactory,
    VkCategoryFactory,
    VkConnectionFactory,
)
from vkmarket.items import Item

# Where the pages of the store of `shop` are.
STORE = "/catalog/stores/STORE"


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(answer) -> str:
    assert answer.status_code == 200, answer
    return answer.content.decode()


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def shop(db):
    """A store that is on, with «Чай» and in it «Зелёный чай»."""
    till = EvotorConnectionFactory()
    store = CachedStoreFactory(connection=till, evotor_id="STORE")
    vk = VkConnectionFactory(user=till.user)
    SyncConfigFactory(user=till.user, default_category_id=5001)
    VkCategoryFactory(category_id=5001)
    set_choice(till.user, "store", "STORE", "", "include")
    tea = CachedGroupFactory(store=store, evotor_id="tea", name="Чай")
    green = CachedGroupFactory(store=store, evotor_id="green", name="Зелёный чай", parent_id="tea")
    return SimpleNamespace(user=till.user, store=store, community=vk.community, tea=tea, green=green)


@pytest.fixture
def owner(shop):
    return browser(shop.user)


@pytest.fixture
def stranger(db):
    return browser(UserFactory())


@pytest.fixture
def put(shop):
    """Put a product on the till; with `in_vk`, in VK as well."""

    def make(name: str, group: str = "", *, in_vk: bool = False, listing: dict | None = None, **fields):
        product = CachedProductFactory(store=shop.store, name=name, parent_id=group, **fields)
        if in_vk or listing is not None:
            item = Item(name, f"{name}: описание", product.price, 5001, stock=7).to_json()
            row = ListingFactory(
                community=shop.community,
                sku=f"ES{product.pk:010}",
                **{"wanted": item, "wanted_hash": "0" * 32} | _in_vk(product, item, in_vk) | (listing or {}),
            )
            ListingSourceFactory(listing=row, product=product)
            if row.vk_item_id:
                VkCachedProductFactory(
                    community=shop.community, item_id=row.vk_item_id, title=name, price=product.price, sku=row.sku
                )
        return product

    def _in_vk(product, item, in_vk) -> dict:
        if not in_vk:
            return {}
        moment = "2026-03-06T11:30:00Z"
        return {
            "vk_item_id": 1000 + product.pk,
            "sent": item,
            "shown": True,
            "written_at": moment,
            "confirmed_at": moment,
        }

    return make
