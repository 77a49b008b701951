"""Switches pressed on the pages, from the browser to the showcase: over real HTTP, with the guards awake."""

import pytest

from catalog.models import CachedProduct, SyncConfig
from tests.vkmarket.catalog_pages.conftest import browser
from vkmarket.standing import Observer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(merchant):
    return browser(merchant)


def test_what_was_switched_off_by_hand_leaves_and_comes_back_without_an_alarm(shop, shelf, sync, page):
    shelf(12)
    sync()
    toggle = f"/catalog/stores/{shop.store}/groups/ungrouped/toggle"
    assert "12 " in page.post(toggle, {"mode": "exclude"}).content.decode()
    assert len(shop.visible()) == 12
    page.post(toggle, {"mode": "exclude", "confirm": "12"})
    outcome = sync(refresh=False)
    assert (outcome.hidden, outcome.status, shop.visible()) == (12, "done", [])
    page.post(toggle, {"mode": "inherit"})
    assert sync(refresh=False).status == "done"
    assert len(shop.visible()) == 12


def test_goods_that_leave_the_till_meanwhile_still_raise_the_alarm(shop, shelf, sync, page):
    products = shelf(24)
    sync()
    one = f"/catalog/stores/{shop.store}/products"
    page.post(f"{one}/toggle", {"mode": "exclude", "product": products[:12], "confirm": "12"})
    for product in products[12:]:
        shop.remove(product)
    outcome = sync()
    assert outcome.hidden == 12
    sync()
    assert len(shop.visible()) == 12


def test_the_page_tells_the_truth_at_each_step(shop, sync, page):
    product = shop.put("Чай чёрный")
    sync()
    address = f"/catalog/stores/{shop.store}/products/{product}"

    def state() -> str:
        shown = page.get(address).content.decode().split('class="state">')[1]
        return shown.split("</span>")[1]

    assert state().startswith("В ВК")
    page.post(f"{address}/toggle", {"mode": "exclude"})
    assert state().startswith("Будет скрыт")
    sync(refresh=False)
    assert state().startswith("Выключен")
    page.post(f"{address}/toggle", {"mode": "inherit"})
    assert state().startswith("Ещё не проверен")
    sync(refresh=False)
    assert state().startswith("В ВК")


def test_a_text_and_a_group_choice_reach_vk_from_the_pages(shop, sync, page):
    product = shop.put("Чай чёрный")
    sync()
    address = f"/catalog/stores/{shop.store}/products/{product}"
    page.post(f"{address}/text", {"own_text": "Собран вручную на склонах Мацесты."})
    sync(refresh=False)
    assert shop.visible()[0]["description"] == "Собран вручную на склонах Мацесты."
    assert CachedProduct.objects.get().own_text


def test_the_table_asks_the_rules_only_about_what_the_plan_does_not_know(shop, sync, page, monkeypatch):
    for name in ("Чай чёрный", "Чай зелёный"):
        shop.put(name)
    shop.put("Без цены", price="0.00")
    sync()
    asked, look = [], Observer.look

    def listening(observer, products):
        asked.extend(product.name for product in products)
        return look(observer, products)

    monkeypatch.setattr(Observer, "look", listening)

    def table() -> dict[str, str]:
        content = b"".join(page.get(f"/catalog/stores/{shop.store}/products.csv").streaming_content).decode()
        lines = [line.split(";") for line in content.splitlines()[1:]]
        return {cells[1]: cells[9] for cells in lines}

    assert table() == {"Чай чёрный": "В ВК", "Чай зелёный": "В ВК", "Без цены": "Не публикуется"}
    assert asked == []
    CachedProduct.objects.filter(name="Чай чёрный").update(price=None, hash="1" * 32)
    assert table()["Чай чёрный"] == "Будет скрыт" and asked == ["Чай чёрный"]
    SyncConfig.objects.update(default_category_id=None)
    assert table()["Чай зелёный"] == "Не публикуется"
