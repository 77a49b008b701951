"""«Проверить»: a service is asked now, by a form of ours, and tells how it went."""

import re

import pytest
from django.test import Client

from connections.models import VkConnection
from sandbox import seed
from tests import factories

from .linked import linked, row, text

pytestmark = pytest.mark.django_db


def test_a_test_tells_in_json_how_it_went(browser, merchant, sandbox, paces):
    linked(merchant)
    paces.clear()
    told = browser.post("/connections/vk/test").json()
    assert (told["service"], told["connected"], told["online"], told["light"]) == ("vk", True, True, "online")
    assert told["state"] == "На связи" and told["details"] == "Марина Заречная · " + seed.VK_GROUP_NAME
    assert re.fullmatch(r"\d\d\.\d\d\.\d{4} \d\d:\d\d", told["checked"])
    assert paces and all(waits for _key, waits in paces)

    sandbox.faults.add("error", code=5, api="vk", times=None)
    told = browser.post("/connections/vk/test").json()
    assert (told["online"], told["light"]) == (False, "offline") and "Токен не принят" in told["state"]
    assert row(VkConnection, merchant).last_error == "token"


def test_a_silent_service_is_told_soon(browser, merchant, sandbox, settings):
    factories.EvotorConnectionFactory(user=merchant)
    settings.EVOTOR_API_URL = "http://127.0.0.1:9"
    told = browser.post("/connections/evotor/test").json()
    assert (told["light"], told["online"]) == ("failing", False)


def test_only_a_form_of_ours_asks_a_service(browser, merchant, sandbox):
    factories.EvotorConnectionFactory(user=merchant, access_token=seed.EVOTOR_TOKEN)
    before, address = sandbox.calls(), "/connections/evotor/test"
    assert browser.get(address).status_code == 405
    assert browser.get(address, headers={"accept": "text/html"}, follow=True).redirect_chain[-1] == ("/evotor", 302)
    foreign = Client(enforce_csrf_checks=True)
    foreign.force_login(merchant)
    assert foreign.post(address).status_code == 403
    assert sandbox.calls() == before


def test_a_test_of_nothing_says_so(browser):
    told = browser.post("/connections/evotor/test").json()
    assert (told["connected"], told["online"], told["state"]) == (False, False, "Не подключён")


def test_without_script_a_test_goes_back_to_the_page(browser, merchant, sandbox):
    factories.EvotorConnectionFactory(user=merchant, access_token=seed.EVOTOR_TOKEN, is_online=False)
    answer = browser.post("/connections/evotor/test", headers={"accept": "text/html,*/*;q=0.8"}, follow=True)
    assert answer.redirect_chain == [("/evotor", 302)] and "Эвотор: На связи" in text(answer)


def test_a_stranger_asks_no_service():
    assert Client().post("/connections/vk/test").url == "/login?next=/connections/vk/test"
