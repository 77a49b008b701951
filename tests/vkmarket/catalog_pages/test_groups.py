"""The tree of groups, and one group's category and picture."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.choices import set_choice
from catalog.models import CachedGroup
from tests.factories import CachedGroupFactory, VkCategoryFactory
from tests.vkmarket.catalog_pages.conftest import STORE, text
from tests.vkmarket.test_own_pictures import RED, png

pytestmark = pytest.mark.django_db


def test_groups_are_a_tree_with_counts_of_all_that_lies_in_them(shop, owner, put):
    for name, group in (("Чёрный", "tea"), ("Сенча", "green"), ("Матча", "green"), ("Сахар", ""), ("Соль", "gone")):
        put(name, group)
    page = text(owner.get(f"{STORE}/groups"))
    assert "3 товара" in page and "2 товара" in page and "Без группы" in page and "Зелёный" not in page
    inside = text(owner.get(f"{STORE}/groups?in=tea"))
    assert "Зелёный чай" in inside and "2 товара" in inside and "Без группы" not in inside
    piece = owner.get(f"{STORE}/groups?in=tea", HTTP_HX_REQUEST="true").content.decode()
    assert piece.strip().startswith("<li") and "Зелёный чай" in piece and "<html" not in piece
    assert owner.get(f"{STORE}/groups?in=none").status_code == 404


def test_groups_say_whose_choice_counts(shop, owner, put):
    put("Сенча", "green")
    set_choice(shop.user, "group", "tea", "STORE", "exclude")
    assert "как группа «Чай»" in text(owner.get(f"{STORE}/groups?in=tea"))
    set_choice(shop.user, "group", "tea", "STORE", "inherit")
    assert "как магазин" in text(owner.get(f"{STORE}/groups?in=tea"))
    set_choice(shop.user, "store", "STORE", "", "exclude")
    assert "Магазин выключен" in text(owner.get(f"{STORE}/groups"))


def test_groups_are_found_wherever_they_lie(shop, owner):
    page = text(owner.get(f"{STORE}/groups", {"q": "ЗЕЛЕНЫЙ"}))
    assert "Зелёный чай" in page and "Без группы" not in page
    assert "Такой группы нет" in text(owner.get(f"{STORE}/groups", {"q": "кофе"}))


def test_groups_that_lie_in_one_another_are_all_reached(shop, owner):
    for evotor_id, parent in (("a", "b"), ("b", "c"), ("c", "a"), ("self", "self"), ("lost", "nowhere")):
        CachedGroupFactory(store=shop.store, evotor_id=evotor_id, name=f"Круг {evotor_id}", parent_id=parent)
    page = text(owner.get(f"{STORE}/groups"))
    assert [name in page for name in ("Круг a", "Круг b", "Круг c", "Круг self", "Круг lost")] == [1, 0, 0, 1, 1]
    assert "Круг c" in text(owner.get(f"{STORE}/groups?in=a")) and "Круг b" in text(owner.get(f"{STORE}/groups?in=c"))


def test_a_group_gets_its_category_and_its_picture(shop, owner, stranger):
    VkCategoryFactory(category_id=6001, path="Дом / Посуда")
    assert "Дом / Посуда" in text(owner.get(f"{STORE}/groups/tea"))
    assert owner.post(f"{STORE}/groups/tea/category", {"category": "6001"}).status_code == 302
    assert CachedGroup.objects.get(evotor_id="tea").vk_category_id == 6001
    assert "Как у группы выше: Дом / Посуда" in text(owner.get(f"{STORE}/groups/green"))
    for wrong in ("7777", "чай", "-1", "9" * 30):
        assert owner.post(f"{STORE}/groups/tea/category", {"category": wrong}).status_code == 400
    file = SimpleUploadedFile("чай.png", png(RED), "image/png")
    assert owner.post(f"{STORE}/groups/tea/picture", {"picture": file}).status_code == 302
    address = f"{STORE}/groups/tea/picture.jpg"
    shown = owner.get(address)
    assert (shown["Content-Type"], shown["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert stranger.get(address).status_code == 404
    owner.post(f"{STORE}/groups/tea/category", {"category": ""})
    owner.post(f"{STORE}/groups/tea/picture", {"remove": "1"})
    group = CachedGroup.objects.get(evotor_id="tea")
    assert (group.vk_category_id, group.own_picture, owner.get(address).status_code) == (None, "", 404)
    for what in ("category", "picture"):
        assert stranger.post(f"{STORE}/groups/tea/{what}", {"remove": "1"}).status_code == 404


def test_a_choice_of_ones_own_is_named_by_what_it_follows(shop, owner, put):
    put("Чай чёрный", "tea")
    outside, inside = text(owner.get(f"{STORE}/groups")), text(owner.get(f"{STORE}/groups?in=tea"))
    assert ">Как у магазина<" in outside and ">Как у группы<" not in outside
    assert ">Как у группы<" in inside and ">Как у магазина<" not in inside
    assert ">Как у группы<" in text(owner.get(f"{STORE}/products"))
