"""What all pages of the catalog keep to: whose they are, that names are text, and how many queries they take."""

import re
from html import unescape

import pytest

from catalog.choices import set_choice
from catalog.models import CachedGroup, CachedStore, SyncFilter
from tests.factories import CachedGroupFactory
from tests.vkmarket.catalog_pages.conftest import STORE, text

pytestmark = pytest.mark.django_db
PAGES = ("/catalog/stores", f"{STORE}/groups", f"{STORE}/groups/tea", f"{STORE}/products", "/catalog/filters")


@pytest.mark.parametrize("address", [*PAGES, f"{STORE}/products.csv"])
def test_pages_are_their_owners(shop, owner, stranger, client, address):
    assert owner.get(address).status_code == 200
    assert client.get(address).url.startswith("/login")
    assert stranger.get(address).status_code == (404 if "STORE" in address else 200)


def test_names_with_html_are_text(shop, owner, put):
    CachedGroup.objects.update(name="<script>alert(1)</script>")
    CachedStore.objects.update(name="<img src=x>")
    product = put("<script>alert(2)</script>", "tea", in_vk=True)
    for address in (*PAGES, f"{STORE}/products/{product.evotor_id}", f"{STORE}/groups?in=tea"):
        page = text(owner.get(address))
        assert "<script>alert" not in page and "<img src=x>" not in page


@pytest.mark.parametrize("odd", ["a/b", "100%", "%2F", "№ 1?#&+;'\"<"])
def test_ids_are_as_they_came_in_addresses_too(shop, owner, put, odd):
    shop.tea.evotor_id = shop.store.evotor_id = odd
    shop.store.save()
    shop.tea.save()
    set_choice(shop.user, "store", odd, "", "include")
    put("Чай", odd, evotor_id=odd, in_vk=True)
    for ways in (("Группы", "Чай"), ("Товары", "Чай")):
        page = text(owner.get("/catalog/stores"))
        for words in ways:
            (address,) = set(re.findall(rf'href="([^"]+)"[^>]*>(?:<b>)?{words}(?:</b>)?</a>', page))
            page = text(owner.get(unescape(address)))
        (toggle,) = set(re.findall(r'action="([^"]+/toggle)"', page))
        assert owner.post(unescape(toggle), {"mode": "exclude"}).status_code == 302
    assert set(SyncFilter.objects.filter(mode="exclude").values_list("entity_type", "entity_id")) == {
        ("group", odd), ("product", odd),
    }  # fmt: skip


@pytest.mark.parametrize("address", [*PAGES, f"{STORE}/groups?in=tea", f"{STORE}/products?q=чай&state=shown&group=tea"])
def test_more_rows_take_no_more_queries(shop, owner, put, address, django_assert_max_num_queries):
    put("Чай чёрный", "green", in_vk=True)
    set_choice(shop.user, "product", "id", "STORE", "exclude")
    set_choice(shop.user, "group", "tea", "STORE", "include")
    owner.get(address)
    with django_assert_max_num_queries(24) as few:
        owner.get(address)
    for number in range(30):
        CachedGroupFactory(store=shop.store, parent_id="tea" if number % 2 else "")
        put(f"Чай {number}", "tea" if number % 2 else "", in_vk=bool(number % 3))
        set_choice(shop.user, "product", f"id-{number}", "STORE", "exclude")
    with django_assert_max_num_queries(len(few)):
        owner.get(address)
