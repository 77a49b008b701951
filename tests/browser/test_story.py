"""The whole way of a merchant, as it is gone in a browser: from the sign-in to the last sale and out again."""

from shutil import rmtree

import pytest
from playwright.sync_api import expect

from .merchants import BAG, BEER, CUP, DRINKS, LEAVES, LONG, TEA, open_shop
from .visiting import Visitor

pytestmark = pytest.mark.timeout(400)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
# Number of the shop, the window, the language, the colours.
STORIES = {
    "phone-ru": (1, PHONE, "ru", "light"),
    "phone-en": (2, PHONE, "en", "dark"),
    "desktop-ru": (3, DESKTOP, "ru", "dark"),
    "desktop-en": (4, DESKTOP, "en", "light"),
}


@pytest.fixture(params=STORIES)
def name(request) -> str:
    return request.param


@pytest.fixture
def merchant(site, name):
    merchant = open_shop(site.sandbox, name, STORIES[name][0])
    site.add_merchant(merchant.email, merchant.password)
    return merchant


@pytest.fixture
def visitor(chromium, site, name, screenshots):
    _number, window, language, colours = STORIES[name]
    # Pictures are numbered: none of an earlier run may stand between them.
    rmtree(screenshots / name, ignore_errors=True)
    with Visitor(chromium, site, screenshots / name, language, color_scheme=colours, **window) as visitor:
        yield visitor


def test_from_the_sign_in_to_the_last_sale(visitor, merchant):
    sign_in(visitor, merchant)
    look_at_nothing(visitor)
    connect(visitor, merchant)
    choose(visitor, merchant)
    settle(visitor)
    match(visitor)
    preview(visitor)
    switch_on(visitor, merchant)
    sell(visitor, merchant)
    decide(visitor, merchant)
    look_around(visitor, merchant)
    take_out(visitor, merchant)
    disconnect(visitor, merchant)


def sign_in(visitor: Visitor, merchant) -> None:
    visitor.go("/", "login")
    visitor.page.locator("[name=login]").fill(merchant.email)
    visitor.page.locator("[name=password]").fill(merchant.password)
    visitor.button("Войти").click()
    visitor.sees(merchant.email)
    visitor.look("profile")


def look_at_nothing(visitor: Visitor) -> None:
    """The pages of somebody who has connected nothing yet."""
    for path in ("sync", "catalog", "vk-catalog/albums"):
        visitor.go(f"/{path}", f"{path.rpartition('/')[2]}-empty")


def connect(visitor: Visitor, merchant) -> None:
    visitor.go("/connections", "connections-none")
    visitor.link("+ Добавить").click()
    visitor.sees(visitor.say("Подключите кассу Эвотор для синхронизации каталога товаров."))
    visitor.look("connections-add")
    visitor.go("/evotor", "evotor")
    visitor.page.locator("[name=token]").fill(merchant.evotor_token)
    visitor.button("Подключить").click()
    visitor.sees(merchant.store_name)
    visitor.go("/vk", "vk")
    visitor.page.locator("[name=token]").fill(merchant.vk_token)
    visitor.page.locator("[name=group]").fill(f"vk.com/club{merchant.group_id}")
    visitor.button("Подключить").click()
    visitor.sees(f"Анна Лавкина · {merchant.store_name}")
    visitor.look("connections")


def choose(visitor: Visitor, merchant) -> None:
    visitor.page.goto("/catalog")
    if (read := visitor.button("Прочитать сейчас")).is_visible():
        read.click()
    visitor.waits_for(merchant.store_name)
    visitor.look("stores-off")
    visitor.button("Включить").click()
    visitor.page.get_by_role("button", name=visitor.say("Включён")).wait_for()
    visitor.look("stores")
    visitor.link("Группы").click()
    visitor.sees("Посуда")
    visitor.look("groups")
    arrow = visitor.page.get_by_role("link", name=visitor.say("Открыть группу %(name)s", name=DRINKS))
    arrow.click()
    visitor.sees(LEAVES)
    visitor.look("groups-open")
    arrow.click()
    visitor.page.get_by_text(LEAVES).wait_for(state="detached")
    visitor.page.get_by_role("link", name="Посуда", exact=True).click()
    visitor.sees(visitor.say("Картинка группы"))
    visitor.look("group")


def settle(visitor: Visitor) -> None:
    """The category without which nothing is shown, found by a word."""
    visitor.page.goto("/sync")
    # Read by the first look at the community.
    visitor.waits_for("Авто и мото / Автохимия")
    visitor.look("sync-off")
    visitor.page.locator("#settings-q").press_sequentially("кофе")
    visitor.page.get_by_role("radio", name="кофе").first.check()
    visitor.look("category-found")
    visitor.button("Сохранить категорию").click()
    visitor.sees(visitor.say("Настройки сохранены."))


def match(visitor: Visitor) -> None:
    """The bag stands in VK already, made by hand: it is taken over."""
    visitor.page.goto("/profile")
    # The first look at the community brings the categories first, and the items after them.
    visitor.waits_for(visitor.link("Сопоставить"))
    visitor.link("Сопоставить").click()
    visitor.sees(BAG)
    visitor.look("match")
    visitor.button("Взять выбранные").click()
    visitor.sees(visitor.say("Всё сопоставлено."))
    visitor.look("matched")


def preview(visitor: Visitor) -> None:
    visitor.go("/sync/preview", "preview-none")
    visitor.button("Посчитать").click()
    visitor.button("Всё верно, отправить").wait_for()
    visitor.sees(TEA)
    visitor.look("preview")
    visitor.button("Всё верно, отправить").click()
    visitor.sees(visitor.say("Изменения уйдут в ВК, когда вы включите синхронизацию."))
    visitor.look("preview-approved")


def switch_on(visitor: Visitor, merchant) -> None:
    visitor.link("Включить синхронизацию").click()
    visitor.sees(visitor.say("Включить синхронизацию?"))
    visitor.look("switch-on")
    visitor.button("Включить", visitor.page.get_by_role("dialog")).click()
    visitor.sees(visitor.say("Синхронизация включена"))
    visitor.look("sync-begun")
    visitor.page.goto(window(visitor, merchant))
    visitor.waits_for(TEA)
    visitor.waits_for(CUP)
    visitor.waits_for("25 ₽")
    visitor.look("window")
    assert not visitor.page.get_by_text(BEER).is_visible()
    assert visitor.page.locator("main").get_by_text(BAG, exact=True).count() == 1


def window(visitor: Visitor, merchant) -> str:
    return f"{visitor.site.sandbox.url}/window?group={merchant.group_id}"


def look_around(visitor: Visitor, merchant) -> None:
    store = f"/catalog/stores/{merchant.store_id}"
    visitor.page.goto("/profile")
    if (menu := visitor.button("Меню")).is_visible():
        menu.click()
        visitor.page.locator("#menu.show").wait_for()
    visitor.look("profile-full")
    for path in (
        "profile/edit", "profile/change-password", "sync", "sync/runs", "vk-catalog/albums", "vk-catalog/products",
        "catalog/stores", "catalog/filters", "evotor", "vk",
    ):  # fmt: skip
        visitor.go(f"/{path}", path.replace("/", "-"))
    visitor.go(f"{store}/groups", "groups-full")
    visitor.go(f"{store}/products", "products")
    find_group(visitor)
    visitor.page.goto(f"{store}/products")
    visitor.page.get_by_role("link", name=BEER).click()
    visitor.sees(visitor.say("Почему товар в ВК или не в ВК"))
    visitor.look("product-held")
    visitor.page.goto(f"{store}/products")
    visitor.page.get_by_role("link", name=LONG).click()
    visitor.sees(visitor.say("Почему товар в ВК или не в ВК"))
    visitor.look("product-long")
    visitor.page.goto("/sync/runs")
    visitor.page.locator("tbody a").last.click()
    visitor.sees(visitor.say("По товарам и подборкам"))
    visitor.look("run")


def find_group(visitor: Visitor) -> None:
    """The list of goods cut down to a group, which is found by its name."""
    visitor.page.locator(".group-filter > summary").click()
    visitor.page.locator("#group-options").get_by_role("link", name=DRINKS).wait_for()
    visitor.look("group-picker")
    visitor.page.locator("#groups").press_sequentially(LEAVES.lower())
    visitor.page.locator("#group-options").get_by_role("link", name=DRINKS).wait_for(state="detached")
    visitor.page.locator("#group-options").get_by_role("link", name=LEAVES).click()
    visitor.sees(TEA)
    assert visitor.page.get_by_text(CUP).count() == 0
    visitor.look("products-of-group")


def decide(visitor: Visitor, merchant) -> None:
    """Somebody has deleted the tea in VK: it comes back on the merchant's word."""
    vk = visitor.site.sandbox.vk
    (item,) = [key for key, row in vk.groups[merchant.group_id].items.items() if row["name"] == TEA]
    vk.delete_by_hand(merchant.group_id, item)
    visitor.page.goto("/sync/decisions")
    visitor.waits_for(visitor.say("Удалены в ВК вручную"))
    visitor.look("decisions")
    visitor.link("Посмотреть и решить").click()
    visitor.sees(TEA)
    visitor.look("decision")
    visitor.link("Отметить все на странице").click()
    visitor.button("Создать заново").click()
    visitor.sees(visitor.say("Решать нечего: всё идёт само."))
    visitor.page.goto(window(visitor, merchant))
    visitor.waits_for(TEA)


def sell(visitor: Visitor, merchant) -> None:
    visitor.go(f"{visitor.site.sandbox.url}/till?store={merchant.store_id}", "till")
    visitor.page.get_by_role("searchbox").fill(CUP)
    visitor.page.get_by_role("searchbox").press("Enter")
    visitor.page.get_by_role("button", name="Продать").click()
    visitor.sees(f"Продано: {CUP}, 1")
    visitor.look("till-sold")
    visitor.page.goto(window(visitor, merchant))
    visitor.waits_for("Нет в наличии")
    visitor.look("window-sold-out")
    visitor.page.goto(f"/catalog/stores/{merchant.store_id}/products")
    visitor.page.get_by_role("link", name=CUP).click()
    visitor.sees(visitor.say("Касса и ВК"))
    visitor.look("product")


def take_out(visitor: Visitor, merchant) -> None:
    """Everything leaves the window on the merchant's own word, and comes back on it."""
    visitor.page.goto("/sync")
    visitor.link("Убрать всё из ВК").click()
    visitor.page.get_by_role("dialog").wait_for()
    # A second press of Enter takes nothing away.
    expect(visitor.page.get_by_role("dialog").locator("[data-close]")).to_be_focused()
    visitor.look("remove")
    visitor.page.get_by_role("dialog").locator("button.btn-danger").click()
    visitor.sees(visitor.say("Товары убраны из ВК"))
    visitor.look("removed")
    visitor.page.goto(window(visitor, merchant))
    visitor.sees("Товаров на витрине: 0")
    visitor.look("window-empty")
    visitor.page.goto("/sync/on")
    visitor.button("Включить").click()
    visitor.sees(visitor.say("Синхронизация включена"))
    visitor.page.goto(window(visitor, merchant))
    visitor.waits_for(TEA)


def disconnect(visitor: Visitor, merchant) -> None:
    """The goods stay in VK."""
    for service in ("vk", "evotor"):
        visitor.page.goto("/connections")
        card = visitor.page.locator(f"[aria-labelledby=service-{service}]")
        card.get_by_role("link", name=visitor.say("Отключить")).click()
        visitor.button("Отключить", visitor.page.get_by_role("dialog")).wait_for()
        visitor.look(f"disconnect-{service}")
        visitor.button("Отключить", visitor.page.get_by_role("dialog")).click()
        card.wait_for(state="detached")
    visitor.sees(visitor.say("Нет подключений — нажмите «Добавить»"))
    visitor.look("connections-none-left")
    visitor.page.goto(window(visitor, merchant))
    visitor.sees(TEA)
    visitor.look("window-kept")
    visitor.go("/logout", "logout")
    visitor.page.locator("main").get_by_role("button").first.click()
    visitor.page.wait_for_url("**/login")
