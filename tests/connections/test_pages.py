"""The pages about connections: what their owner sees and does, and who gets nowhere."""

import re

import pytest
from django.test import Client

from connections.models import EvotorConnection, VkConnection
from sandbox import seed
from tests import factories

from .linked import row, text

pytestmark = pytest.mark.django_db
MOMENT = factories.MOMENT
VK_FORM = {"token": seed.VK_TOKEN, "group": str(seed.VK_GROUP_ID)}
PAGES = ["/connections", "/connections/add", "/evotor", "/vk"]
DOORS = ["/connections/evotor", "/connections/vk", "/connections/evotor/disconnect", "/vk/disconnect"]


@pytest.fixture
def both(merchant):
    """Both services, connected, without anybody asking them."""
    evotor = factories.EvotorConnectionFactory(user=merchant, store_name="Арбат", last_checked_at=MOMENT)
    vk = factories.VkConnectionFactory(user=merchant, last_checked_at=MOMENT)
    return evotor, vk


def test_without_connections_the_dashboard_says_what_to_do(browser):
    page = text(browser.get("/connections"))
    assert "Нет подключений — нажмите «Добавить»" in page and "+ Добавить" in page
    assert "Отключить" not in page


def test_the_dashboard_has_a_card_for_each_service(browser, both):
    page = text(browser.get("/connections"))
    assert "Эвотор" in page and "Арбат" in page
    assert "Мария Лавкина · Лавка чая" in page
    assert page.count("light-online") == 2 and page.count("Последняя проверка: 06.03.2026 14:30") == 2
    assert page.count("Настроить") == page.count("Отключить") == 2
    assert not any(one.access_token in page for one in both)


@pytest.mark.parametrize(
    ("fields", "light", "words"),
    [
        ({"is_online": True, "last_checked_at": MOMENT}, "online", "На связи"),
        ({"is_online": False, "last_checked_at": MOMENT, "last_error": "unavailable"}, "failing", "не отвечает"),
        ({"is_online": False, "last_checked_at": MOMENT, "last_error": "token"}, "offline", "Токен не принят"),
        ({"is_online": False}, "unknown", "Ещё не проверялся"),
    ],
)
def test_each_light_has_its_words(browser, merchant, fields, light, words):
    factories.EvotorConnectionFactory(user=merchant, **fields)
    page = text(browser.get("/connections"))
    assert f"light-{light}" in page and words in page


def test_names_are_text_and_not_markup(browser, merchant):
    factories.EvotorConnectionFactory(user=merchant, store_name="<script>alert(1)</script>")
    page = text(browser.get("/connections"))
    assert "&lt;script&gt;" in page and "<script>alert" not in page


def test_only_what_is_not_connected_can_be_added(browser, merchant):
    page = text(browser.get("/connections/add"))
    assert "Подключите кассу Эвотор для синхронизации каталога товаров." in page
    assert "Подключите аккаунт ВКонтакте для публикации товаров в вашу группу." in page
    assert page.count("Подключить →") == 2
    factories.EvotorConnectionFactory(user=merchant)
    page = text(browser.get("/connections/add"))
    assert 'href="/vk"' in page and page.count("Подключить →") == 1 and "кассу Эвотор для" not in page


def test_with_both_connected_there_is_nothing_to_add(browser, both):
    page = text(browser.get("/connections/add"))
    assert "Все доступные сервисы подключены" in page and "Подключить →" not in page


def test_a_token_by_hand_connects_evotor(browser, merchant, sandbox):
    answer = browser.post("/connections/evotor", {"token": f" {seed.EVOTOR_TOKEN} "}, follow=True)
    assert answer.redirect_chain == [("/connections", 302)]
    page = text(answer)
    assert "Готово: Эвотор на связи." in page and "Лавка на Набережной" in page
    assert row(EvotorConnection, merchant).access_token == seed.EVOTOR_TOKEN


@pytest.mark.parametrize(
    "typed",
    [
        "225463001",
        "-225463001",
        "club225463001",
        "https://vk.com/club225463001",
        "vk.ru/public225463001/",
        "https://vk.com/club225463001?from=search",
        # What the page advises to open where the community has a name of its own.
        "https://vk.com/wall-225463001_17",
        "https://vk.com/lavka?w=wall-225463001_17",
        "https://vk.com/market-225463001?w=product-225463001_3",
    ],
)
def test_token_and_community_connect_vk(browser, merchant, sandbox, paces, typed):
    assert str(seed.VK_GROUP_ID) in typed
    assert browser.post("/connections/vk", VK_FORM | {"group": typed}).url == "/connections"
    assert row(VkConnection, merchant).community.group_id == seed.VK_GROUP_ID
    assert all(waits for _key, waits in paces)


def test_connecting_twice_changes_nothing(browser, merchant, sandbox, paces):
    for _time in range(2):
        assert browser.post("/connections/vk", VK_FORM).url == "/connections"
    assert VkConnection.objects.count() == 1 and row(VkConnection, merchant).is_online


def test_a_refused_token_is_explained_and_never_shown_again(browser, merchant, sandbox):
    answer = browser.post("/connections/evotor", {"token": "no-such-token"})
    page = text(answer)
    assert answer.status_code == 200 and "Токен не принят" in page and "no-such-token" not in page
    assert not row(EvotorConnection, merchant).access_token


def test_a_first_token_that_is_not_accepted_asks_nobody_to_connect_anew(browser, merchant, sandbox):
    for page in (text(browser.post("/connections/evotor", {"token": "no-such-token"})), text(browser.get("/evotor"))):
        assert "Токен не принят. Проверьте, что он скопирован целиком" in page and "сервис заново" not in page


def test_a_token_of_the_community_is_named_and_not_kept(browser, merchant, sandbox, paces):
    page = text(browser.post("/connections/vk", VK_FORM | {"token": seed.VK_TOKEN_COMMUNITY}))
    assert "Это токен сообщества. Нужен токен человека" in page and "Токен сохранён" not in page
    assert not row(VkConnection, merchant).access_token


def test_two_who_connect_one_till_are_both_told(browser, merchant, sandbox):
    browser.post("/connections/evotor", {"token": seed.EVOTOR_TOKEN})
    told = "Эту же кассу подключил ещё один пользователь EvoSync"
    assert all(told not in text(browser.get(page)) for page in ("/connections", "/evotor"))
    other = factories.EvotorConnectionFactory(evotor_user_id=seed.EVOTOR_USER_ID)
    second = Client()
    second.force_login(other.user)
    for client in (browser, second):
        assert all(told in text(client.get(page)) for page in ("/connections", "/evotor"))
    assert other.user.email not in text(browser.get("/evotor"))
    second.post("/connections/delete?type=evotor")
    assert told not in text(browser.get("/connections"))


def test_tills_of_unknown_accounts_are_not_taken_for_one(browser, merchant):
    for user in (merchant, factories.UserFactory()):
        factories.EvotorConnectionFactory(user=user, evotor_user_id="")
    assert "Эту же кассу" not in text(browser.get("/connections"))


def test_a_refused_community_keeps_what_was_typed_and_the_token_need_not_be_typed_again(
    browser, merchant, sandbox, paces
):
    page = text(browser.post("/connections/vk", VK_FORM | {"group": str(seed.VK_GROUP_MARKET_OFF)}))
    assert "выключен раздел «Товары»" in page and f'value="{seed.VK_GROUP_MARKET_OFF}"' in page
    assert seed.VK_TOKEN not in page and "Токен сохранён" in page
    assert browser.post("/connections/vk", VK_FORM | {"token": ""}).url == "/connections"
    assert row(VkConnection, merchant).community.group_id == seed.VK_GROUP_ID


def test_a_closed_community_is_refused(browser, sandbox, paces):
    group = sandbox.vk.groups[seed.VK_GROUP_ID]
    group.info = group.info | {"deactivated": "banned"}
    assert "удалено или заблокировано" in text(browser.post("/connections/vk", VK_FORM))


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"token": "", "group": "1"}, "Вставьте токен."),
        ({"token": "x", "group": ""}, "Укажите номер сообщества."),
        ({"token": "x", "group": "лавка"}, "Номера сообщества здесь нет."),
        ({"token": "x", "group": "<b>1</b>"}, "&lt;b&gt;1&lt;/b&gt;"),
        ({}, "Вставьте токен."),
    ],
)
def test_a_form_filled_in_badly_calls_nobody(browser, sandbox, form, words):
    before = sandbox.calls()
    assert words in text(browser.post("/connections/vk", form))
    assert sandbox.calls() == before


def test_the_address_of_the_form_leads_to_its_page(browser):
    assert browser.get("/connections/evotor").url == "/evotor"


@pytest.mark.parametrize("name", ["evotor", "vk"])
def test_a_service_page_shows_the_state_and_no_token(browser, both, name):
    page = text(browser.get(f"/{name}"))
    assert "← Вернуться к подключениям" in page and "На связи" in page and "Подключить заново" in page
    assert not any(one.access_token in page for one in both)


def test_a_service_that_is_not_connected_offers_the_form_alone(browser, merchant):
    EvotorConnection.objects.create(user=merchant, last_error="token")
    page = text(browser.get("/evotor"))
    assert "Подключить по токену" in page and "Последняя ошибка: Токен не принят" in page
    assert "Проверить" not in page and "Отключить" not in page


def test_no_right_is_asked_for_that_nothing_needs(browser):
    """docs/connect-vk.md says why «photos» is none of them."""
    page = text(browser.get("/vk"))
    assert "(market, groups)" in page and "photos" not in page


@pytest.mark.parametrize("name", ["evotor", "vk"])
def test_in_the_sandbox_the_tokens_are_linked(browser, settings, name):
    settings.SANDBOX_URL = ""
    assert "Это песочница" not in text(browser.get(f"/{name}"))
    settings.SANDBOX_URL = "http://localhost:9999"
    assert '<a href="http://localhost:9999/">на её первой странице</a>' in text(browser.get(f"/{name}"))


@pytest.mark.parametrize("address", ["/connections/vk/disconnect", "/vk/disconnect"])
def test_disconnecting_asks_first(browser, both, merchant, address):
    page = text(browser.get(address))
    assert "Вы уверены, что хотите отключить ВКонтакте?" in page
    assert 'action="/connections/delete?type=vk"' in page
    assert row(VkConnection, merchant).access_token


@pytest.mark.parametrize(
    ("address", "model"),
    [
        ("/connections/delete?type=evotor", EvotorConnection),
        ("/connections/delete?type=vk", VkConnection),
        ("/connections/evotor/disconnect", EvotorConnection),
        ("/connections/vk/disconnect", VkConnection),
        ("/evotor/disconnect", EvotorConnection),
        ("/vk/disconnect", VkConnection),
    ],
)
def test_disconnecting_empties_one_token_and_a_repeat_does_no_harm(browser, both, merchant, address, model):
    page = text(browser.post(address, follow=True))
    assert "Отключено:" in page and page.count('class="card service"') == 1
    assert not row(model, merchant).access_token
    other = ({EvotorConnection, VkConnection} - {model}).pop()
    assert row(other, merchant).access_token
    assert "Отключать нечего" in text(browser.post(address, follow=True))


def test_there_is_no_question_about_nothing(browser):
    assert "Отключать нечего" in text(browser.get("/vk/disconnect", follow=True))


def test_after_disconnecting_the_profile_says_not_connected(browser, both):
    browser.post("/connections/delete?type=evotor")
    page = text(browser.get("/profile"))
    assert "Не подключён" in page and "Не отвечает" not in page


def test_what_is_no_service_is_not_found(browser):
    assert browser.post("/connections/delete?type=ebay").status_code == 404
    assert browser.post("/connections/delete").status_code == 404
    assert browser.get("/connections/ebay").status_code == 404
    assert browser.get("/connections/delete?type=vk").status_code == 405


@pytest.mark.parametrize("address", [*PAGES, *DOORS])
def test_a_stranger_is_sent_to_the_login(address):
    assert Client().get(address).url == f"/login?next={address}"


def test_a_merchant_sees_and_ends_nothing_of_anothers(browser, both):
    other = factories.UserFactory()
    stranger = Client()
    stranger.force_login(other)
    assert "Арбат" not in text(stranger.get("/connections"))
    for address in ("/connections/delete?type=vk", "/evotor/disconnect"):
        assert "Отключать нечего" in text(stranger.post(address, follow=True))
    assert all(type(one).objects.get(pk=one.pk).access_token for one in both)


def test_a_form_of_another_site_is_refused(merchant, both):
    client = Client(enforce_csrf_checks=True)
    client.force_login(merchant)
    assert client.post("/connections/delete?type=vk").status_code == 403
    assert row(VkConnection, merchant).access_token


@pytest.mark.parametrize("address", PAGES)
def test_pages_need_a_handful_of_queries(browser, both, address, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        browser.get(address)


@pytest.mark.parametrize("address", [*PAGES, "/vk/disconnect"])
def test_pages_are_english_too(browser, both, address):
    browser.cookies["django_language"] = "en"
    page = re.sub(r"(?s)<footer>.*?</footer>", "", text(browser.get(address)))
    left = re.findall("[А-Яа-яЁё]+", re.sub("Арбат|Мария|Лавкина|Лавка|чая", "", page))
    assert left == []
