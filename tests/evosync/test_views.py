"""The profile page, the error pages and the static files, as a server with DEBUG off shows them."""

import re

import pytest
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import path

from accounts.models import Role
from accounts.staffing import add_account
from evosync import urls
from evosync.context import sandbox_links
from tests import factories

MOMENT = factories.MOMENT


def fail(request):
    # Put together here: the page of a developer shows the lines of the source.
    password = "hunter" + str(2)
    try:
        raise ValueError(f"Bearer {password}")
    except ValueError as error:
        raise RuntimeError(f"access_token={password}") from error


urlpatterns = [*urls.urlpatterns, path("fail", fail)]


@pytest.fixture
def owner(db):
    return add_account("lavka@example.org", "Chai-Kofe-77")[0]


@pytest.fixture
def browser(client, owner):
    client.force_login(owner)
    return client


def test_the_profile_of_a_new_merchant_says_that_nothing_is_connected(browser, owner):
    page = browser.get("/profile").content.decode()
    assert owner.email in page and "Пользователь" in page
    assert page.count("Не подключён") == 2
    assert "Админ" not in page


def test_staff_has_the_way_to_the_panel(client, db):
    boss = add_account("boss@example.org", "Chai-Kofe-77", Role.SYSTEM)[0]
    client.force_login(boss)
    assert 'href="/admin/"' in client.get("/profile").content.decode()


def test_the_time_of_a_check_is_the_readers(browser, owner):
    factories.EvotorConnectionFactory(user=owner, is_online=True, last_checked_at=MOMENT)
    assert "Последняя проверка: 06.03.2026 14:30" in browser.get("/profile").content.decode()


@pytest.mark.parametrize(
    ("sandbox", "evotor", "vk", "links"),
    [
        ("", "https://api.evotor.ru", "https://api.vk.ru", []),
        ("", "http://127.0.0.1:8010/evotor", "https://api.vk.ru", ["http://127.0.0.1:8010/till"]),
        (
            "",
            "http://localhost:8010/evotor",
            "http://localhost:8010/vk",
            ["http://localhost:8010/till", "http://localhost:8010/window"],
        ),
        (
            "http://sandbox:8010",
            "http://sandbox:8010/evotor",
            "http://sandbox:8010/vk",
            ["http://sandbox:8010/till", "http://sandbox:8010/window"],
        ),
    ],
)
def test_the_sandbox_is_linked_where_it_stands_in_for_the_outside(sandbox, evotor, vk, links):
    assert [address for _name, address in sandbox_links(sandbox, evotor, vk)] == links


def test_an_unknown_address_is_a_page_in_our_look(client, db):
    answer = client.get("/nothing-here")
    assert answer.status_code == 404 and "Страница не найдена" in answer.content.decode()


def test_a_stale_form_is_explained(owner):
    answer = Client(enforce_csrf_checks=True).post("/login", {"login": "a", "password": "b"})
    assert answer.status_code == 403 and "Форма устарела" in answer.content.decode()


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/catalog/stores?page=2", "http://testserver/catalog/stores?page=2"),
        ("https://evil.example/", "/sync/now"),
        ("", "/sync/now"),
    ],
)
def test_a_stale_form_leads_back_to_its_page_and_nowhere_else(owner, referer, back):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    text = client.post("/sync/now", headers={"referer": referer}).content.decode()
    assert f'href="{back}">Вернуться на страницу' in text and "evil" not in text


def test_the_icon_is_where_browsers_look_for_it(client, db):
    answer = client.get("/favicon.ico", follow=True)
    assert answer.status_code == 200 and b"".join(answer.streaming_content).startswith(b"\0\0\1\0")


def test_a_foreign_host_is_refused(db):
    answer = Client(raise_request_exception=False).get("/login", headers={"host": "evil.example"})
    assert answer.status_code == 400 and "Запрос не понят" in answer.content.decode()


@override_settings(ROOT_URLCONF="tests.evosync.test_views")
def test_a_bug_shows_neither_its_traceback_nor_its_secrets(db):
    answer = Client(raise_request_exception=False).get("/fail")
    text = answer.content.decode()
    assert answer.status_code == 500 and "Что-то сломалось" in text
    assert "hunter2" not in text and "RuntimeError" not in text


@override_settings(ROOT_URLCONF="tests.evosync.test_views", DEBUG=True)
def test_even_the_developers_page_masks_them(db):
    text = Client(raise_request_exception=False).get("/fail").content.decode()
    assert "RuntimeError" in text and "ValueError" in text and "hunter2" not in text


@pytest.mark.parametrize("address", ["/profile", "/logout", "/nothing-here"])
def test_pages_hold_no_script_and_no_style_of_their_own_and_the_browser_is_told_so(browser, address):
    answer = browser.get(address)
    page = answer.content.decode()
    assert re.search(r"<script(?! src=\"/static/)|<style|\sstyle=|\son\w+=|https?://(?!www\.w3\.org)", page) is None
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy and "unsafe" not in policy and "http" not in policy


def test_the_panel_has_a_policy_of_its_own_without_a_foreign_host(client, db):
    policy = client.get("/admin/").headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-inline' 'unsafe-eval'" in policy and "http" not in policy


@pytest.mark.parametrize(
    "name", ["evosync/site.css", "evosync/site.js", "bootstrap/css/bootstrap.min.css", "django_htmx/htmx-2.min.js"]
)
def test_static_files_are_served_with_debug_off(client, settings, name):
    assert settings.DEBUG is False
    answer = client.get(f"/static/{name}")
    assert answer.status_code == 200 and len(b"".join(answer.streaming_content)) > 100


def test_static_files_can_be_collected_and_are_compressed(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0)
    assert (tmp_path / "evosync/site.css.gz").exists() and (tmp_path / "admin/css/base.css").exists()


def test_the_menu_has_the_pages_that_are_there_and_marks_where_one_is(browser):
    page = browser.get("/profile").content.decode()
    assert re.search(r'nav-link active" href="/profile" aria-current="page"', page)
    menu = re.findall(r'nav-link[^"]*" href="([^"]+)"', page)
    assert menu[-2:] == ["/profile", "/logout"] and "/orders" not in menu
    assert all(browser.get(address).status_code < 400 for address in menu)


def test_the_sandbox_is_said_to_be_one(browser, settings):
    settings.VK_API_URL = settings.EVOTOR_API_URL = ""
    assert "Песочница" in browser.get("/profile").content.decode()
    settings.VK_API_URL, settings.EVOTOR_API_URL = "https://api.vk.ru", "https://api.evotor.ru"
    assert "Песочница" not in browser.get("/profile").content.decode()


def test_the_footer_turns_the_site_to_english_and_back(browser):
    assert '<html lang="ru">' in browser.get("/profile").content.decode()
    assert browser.post("/language", {"language": "en", "next": "/profile"}).url == "/profile"
    assert browser.cookies["django_language"]["max-age"] > 30 * 24 * 3600
    assert '<html lang="en">' in browser.get("/profile").content.decode()
    browser.post("/language", {"language": "ru", "next": "/profile"})
    assert '<html lang="ru">' in browser.get("/profile").content.decode()


@pytest.mark.parametrize("language", ["ru", "en"])
def test_error_pages_speak_the_readers_language(db, language):
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    client.cookies["django_language"] = language
    with override_settings(ROOT_URLCONF="tests.evosync.test_views"):
        pages = {
            404: client.get("/nothing-here"),
            500: client.get("/fail"),
            403: client.post("/login", {"login": "a"}),
            400: client.get("/login", headers={"host": "evil.example"}),
        }
    for status, answer in pages.items():
        page = answer.content.decode()
        assert answer.status_code == status and f'<html lang="{language}">' in page
        main = re.search(r"(?s)<main.*</main>", page)[0]
        assert bool(re.search("[А-Яа-я]", main)) == (language == "ru")
