"""«Убрать всё из ВК» and disconnecting: the question with its number, the progress, the stop."""

from datetime import timedelta

import pytest
from django.test import Client

from catalog.models import SyncConfig
from connections.models import EvotorConnection, VkConnection
from evosync.base import clock
from tests import factories
from vkmarket import removals
from vkmarket.models import Listing, Removal, SyncRun
from vkmarket.reasons import Reason

from .conftest import text_of

SHOWN, HIDDEN = {"visible": True, "stock": 3}, {"visible": False, "stock": 3}
End, Purpose = Removal.End, Removal.Purpose


@pytest.fixture
def config(owner):
    return factories.SyncConfigFactory(user=owner, enabled=True)


@pytest.fixture
def showcase(community):
    """Three goods that buyers see, one that is hidden, one that was deleted in VK, one that is not there yet."""
    for item, sent in enumerate([SHOWN, SHOWN, SHOWN, HIDDEN], start=1):
        factories.ListingFactory(community=community, vk_item_id=item, sent=sent)
    factories.ListingFactory(community=community, vk_item_id=9, sent=SHOWN, blocked="deleted_in_vk")
    factories.ListingFactory(community=community)


@pytest.fixture
def going(owner, community, config, showcase, asked):
    """A removal that was asked for, with one of its goods hidden."""
    removal = removals.start(owner)
    Listing.objects.filter(vk_item_id=1).update(sent=HIDDEN, hold=Reason.REMOVED)
    return removal


def test_the_question_names_the_number_and_changes_nothing(browser, community, config, showcase, asked):
    assert "/sync/remove" in browser.get("/sync").content.decode()
    text = text_of(browser.get("/sync/remove"))
    assert "Скрыть 3 товара" in text and str(community) in text
    assert "насовсем" not in text and "Чтобы товары вернулись, включите её снова." in text
    assert not Removal.objects.exists() and asked == []


def test_saying_yes_begins_it_once_and_switches_off(browser, owner, config, showcase, asked):
    removal_page = browser.post("/sync/remove").url
    assert browser.post("/sync/remove").url == removal_page
    removal = Removal.objects.get()
    assert (removal.user, removal.goods, removal.purpose, removal.for_good) == (owner, 3, "remove", False)
    assert not SyncConfig.objects.get().enabled
    assert [job for job, *_rest in asked] == ["publish_slice"]
    assert "Скрываем: 0 из 3" in text_of(browser.get(removal_page))


def test_deleting_is_offered_to_who_opted_in(browser, config, showcase, asked):
    SyncConfig.objects.update(delete_absent=True)
    text = text_of(browser.get("/sync/remove"))
    assert "Скрыть 3 товара" in text and "Удалить 4 товара насовсем" in text
    assert "удалённые не вернутся, только создадутся заново" in text
    assert browser.post("/sync/remove", {"way": "burn"}).status_code == 422
    assert not Removal.objects.exists()
    browser.post("/sync/remove", {"way": "delete"})
    assert Removal.objects.get().for_good


def test_nobody_deletes_who_did_not_opt_in(browser, config, showcase, asked):
    assert browser.post("/sync/remove", {"way": "delete"}).status_code == 422
    assert not Removal.objects.exists()


def test_with_nothing_in_vk_there_is_nothing_to_ask(browser, config, asked):
    assert "Убирать нечего" in text_of(browser.post("/sync/remove", follow=True))
    assert SyncConfig.objects.get().enabled


def test_without_vk_there_is_no_button(newcomer):
    assert "/sync/remove" not in newcomer.get("/sync").content.decode()
    assert newcomer.get("/sync/remove").url == newcomer.post("/sync/remove").url == "/sync"


def test_progress_is_told_wherever_one_would_look(browser, going):
    for address in ("/sync", "/connections", "/vk", f"/sync/remove/{going.pk}", f"/sync/remove/{going.pk}/state"):
        assert "Скрываем: 1 из 3" in text_of(browser.get(address)), address
    assert "HX-Refresh" not in browser.get(f"/sync/remove/{going.pk}/state")
    assert browser.get("/sync/remove").url == f"/sync/remove/{going.pk}"


def test_an_error_is_told_in_words(browser, going):
    Removal.objects.update(error="token")
    assert "Токен не принят" in text_of(browser.get(f"/sync/remove/{going.pk}"))


def test_stopping_is_told_and_a_second_stop_changes_nothing(browser, going):
    answer = browser.post(f"/sync/remove/{going.pk}/stop", follow=True)
    assert "Скрыто товаров: 1 из 3." in text_of(answer) and "Остались в ВК: 2." in text_of(answer)
    browser.post(f"/sync/remove/{going.pk}/stop")
    assert Removal.objects.get().end == End.STOPPED
    assert browser.get(f"/sync/remove/{going.pk}/state")["HX-Refresh"] == "true"
    assert "Скрываем" not in text_of(browser.get("/sync"))


def test_the_page_of_a_stop_asks_on_until_the_batch_that_is_out_is_counted(browser, going):
    run = factories.SyncRunFactory(community=going.community, status="running", started_at=clock.now())
    stopped = browser.post(f"/sync/remove/{going.pk}/stop", follow=True)
    state = f"/sync/remove/{going.pk}/state"
    assert state in text_of(stopped) and "HX-Refresh" not in browser.get(state)
    SyncRun.objects.filter(pk=run.pk).update(status="done")
    assert browser.get(state)["HX-Refresh"] == "true"
    assert state not in text_of(browser.get(f"/sync/remove/{going.pk}"))


def test_a_round_that_was_killed_is_not_waited_for(browser, going):
    factories.SyncRunFactory(community=going.community, status="running", started_at=clock.now())
    removals.stop(going.user)
    Removal.objects.update(finished_at=clock.now() - timedelta(minutes=2))
    assert browser.get(f"/sync/remove/{going.pk}/state")["HX-Refresh"] == "true"


@pytest.mark.parametrize(
    ("for_good", "said", "back"),
    [
        (False, "то, что уже скрыто, скрытым и останется", "Чтобы товары вернулись в ВК, снова включите"),
        (True, "уже удалённые товары не вернутся", "удалённые товары не вернутся, только создадутся заново"),
    ],
)
def test_what_was_deleted_is_not_called_hidden(browser, owner, config, showcase, asked, for_good, said, back):
    removal = removals.start(owner, for_good=for_good)
    text = text_of(browser.post(f"/sync/remove/{removal.pk}/stop", follow=True))
    assert said in text and back in text and "часть товаров осталась в ВК" in text
    assert ("скры" in text.split("<main")[1].lower()) != for_good


def test_switching_on_waits_for_the_end(browser, going, asked):
    asked.clear()
    assert "Товары ещё убираются из ВК" in text_of(browser.post("/sync/on", follow=True))
    assert not SyncConfig.objects.get().enabled and asked == []
    removals.stop(going.user)
    browser.post("/sync/on")
    assert SyncConfig.objects.get().enabled


@pytest.mark.parametrize("path", ["", "/state", "/stop"])
def test_a_stranger_finds_nothing(stranger, going, path):
    address = f"/sync/remove/{going.pk}{path}"
    assert (stranger.post if path == "/stop" else stranger.get)(address).status_code == 404
    assert Removal.objects.get().end == ""
    assert Client().get(f"/sync/remove/{going.pk}").url.startswith("/login?next=")


def test_looking_at_the_stop_changes_nothing(browser, going):
    assert browser.get(f"/sync/remove/{going.pk}/stop").status_code == 405


@pytest.mark.parametrize("path", ["/sync/remove/{}", "/sync/remove/{}/state", "/connections"])
def test_it_costs_the_same_for_many(browser, community, going, path, django_assert_max_num_queries):
    for item in range(100, 120):
        factories.ListingFactory(community=community, vk_item_id=item, sent=SHOWN)
    with django_assert_max_num_queries(10):
        browser.get(path.format(going.pk))


def test_disconnecting_asks_what_becomes_of_the_goods_and_leaves_them_by_default(browser, config, showcase, asked):
    page = browser.get("/connections/vk/disconnect").content.decode()
    assert 'value="keep" id="way-keep" checked' in page and "Скрыть 3 товара" in page
    assert 'action="/connections/delete?type=vk"' in page
    assert "Если скрыть или удалить, мы отключим ВКонтакте" in page
    browser.post("/connections/delete?type=vk")
    assert VkConnection.objects.get().access_token == ""
    assert not Removal.objects.exists() and SyncConfig.objects.get().enabled


def test_hiding_comes_before_disconnecting(browser, config, showcase, asked):
    for _twice in range(2):
        browser.post("/connections/delete?type=vk", {"goods": "hide"})
    removal = Removal.objects.get()
    assert (removal.purpose, removal.goods, removal.end) == (Purpose.DISCONNECT, 3, "")
    assert VkConnection.objects.get().access_token
    assert "Скрываем: 0 из 3" in text_of(browser.get("/connections"))


def test_who_will_not_wait_leaves_the_rest(browser, going):
    browser.post("/connections/delete?type=vk", {"goods": "keep"})
    assert Removal.objects.get().end == End.STOPPED
    assert VkConnection.objects.get().access_token == ""


def test_evotor_is_disconnected_at_once_and_its_goods_hidden(browser, owner, config, showcase, asked):
    factories.EvotorConnectionFactory(user=owner)
    assert "Скрыть 3 товара" in text_of(browser.get("/connections/evotor/disconnect"))
    answer = browser.post("/connections/evotor/disconnect", {"goods": "hide"}, follow=True)
    assert "Отключено: Эвотор. Убираем товары из ВК." in text_of(answer)
    assert EvotorConnection.objects.get().access_token == ""
    assert Removal.objects.get().purpose == Purpose.REMOVE
    assert VkConnection.objects.get().access_token


def test_an_unknown_choice_is_asked_again(browser, config, showcase, asked):
    answer = browser.post("/connections/delete?type=vk", {"goods": "delete"})
    assert answer.status_code == 422 and "Такого выбора больше нет" in text_of(answer)
    assert VkConnection.objects.get().access_token and not Removal.objects.exists()


def test_goods_cannot_be_hidden_through_a_broken_connection(browser, config, showcase, asked):
    VkConnection.objects.update(last_error="token")
    text = text_of(browser.get("/connections/vk/disconnect"))
    assert "Убрать товары из ВК сейчас нельзя: Токен не принят" in text and "Скрыть 3" not in text
    assert browser.post("/connections/delete?type=vk", {"goods": "hide"}).status_code == 422
    browser.post("/connections/delete?type=vk", {"goods": "keep"})
    assert VkConnection.objects.get().access_token == ""


def test_what_was_left_in_vk_is_told_until_it_is_connected_again(browser, owner, community, going):
    Removal.objects.update(
        end=End.FAILED,
        error="token",
        in_progress=None,
        left_over=2,
        purpose=Purpose.DISCONNECT,
        finished_at=going.asked_at,
    )
    VkConnection.objects.update(access_token="", community=None)
    text = text_of(browser.get("/connections"))
    assert "ВКонтакте отключён, но товары остались" in text and "Остались в ВК: 2." in text
    VkConnection.objects.update(community=community)
    connection = VkConnection.objects.get()
    connection.access_token = "vk1.a.new"
    connection.save()
    assert "товары остались" not in text_of(browser.get("/connections"))
