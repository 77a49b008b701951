"""Before anything was counted no page says 0; and what is counted stands in one figure."""

import re
from datetime import timedelta

import pytest

from catalog.models import CachedStore, SyncConfig
from connections.linking import unlink_vk
from evosync.base import clock
from tests import factories
from tests.factories import MOMENT
from vkmarket.models import SyncRun
from vkmarket.sync_pages import live

from .conftest import text_of

UNCOUNTED = "<small>ещё не считали</small>"


def figure(browser, name: str, path: str = "/sync") -> str:
    return re.search(f"<dt>{name}</dt><dd>(.*?)</dd>", text_of(browser.get(path)))[1]


@pytest.fixture
def on(owner, store):
    """The store is on, and nothing was planned yet."""
    factories.SyncFilterFactory(user=owner, entity_id=store.evotor_id)
    return factories.SyncConfigFactory(user=owner, enabled=False, default_category_id=None)


@pytest.mark.parametrize("path", ["/sync", "/profile"])
def test_a_till_that_was_never_read_has_no_number_of_goods(newcomer, browser, store, path):
    assert figure(newcomer, "на кассе", path) == figure(browser, "на кассе", path) == UNCOUNTED
    CachedStore.objects.update(complete_at=MOMENT)
    assert figure(browser, "на кассе", path) == "0"
    CachedStore.objects.update(complete_at=None)
    factories.CachedProductFactory(store=store)
    assert figure(browser, "на кассе", path) == "1"


@pytest.mark.parametrize("path", ["/sync", "/profile"])
def test_before_the_first_run_nobody_knows_what_is_held(browser, community, path):
    assert figure(browser, "не публикуются", path) == UNCOUNTED
    factories.SyncRunFactory(community=community, status="preview", finished_at=MOMENT)
    assert figure(browser, "не публикуются", path) == UNCOUNTED
    factories.SyncRunFactory(community=community, status="done", started_at=MOMENT)
    assert figure(browser, "не публикуются", path) == "0"


def test_of_goods_left_in_vk_nothing_is_said_once_it_is_disconnected(browser, owner, store, on):
    """They may be there still: neither that there are none nor that there was no run."""
    factories.SyncRunFactory(community=owner.vk.community, status="done", started_at=MOMENT)
    unlink_vk(owner)
    for path in ("/sync", "/profile", "/sync/state"):
        text = text_of(browser.get(path))
        assert "на кассе" in text and "в ВК подтверждено" not in text
    assert "<dt>сейчас в ВК</dt><dd>—</dd>" in text_of(browser.get("/catalog/stores"))
    for path in ("/sync", "/sync/runs"):
        text = text_of(browser.get(path))
        assert "ВКонтакте не подключён" in text and "Ещё не было ни одного" not in text and "не запускалась" not in text


def test_a_store_says_what_was_not_counted_yet(browser, owner, store, on):
    shown = lambda: [part.split("</dd>")[0] for part in text_of(browser.get("/catalog/stores")).split("<dd>")[1:5]]  # noqa: E731
    assert shown() == ["—", "—", "—", "0"]
    factories.CachedProductFactory(store=store)
    assert shown() == ["1", "—", "—", "0"]
    assert "Что публикуется, ещё не считали" in text_of(browser.get("/catalog/stores"))
    factories.SyncRunFactory(community=owner.vk.community, status="done", started_at=MOMENT)
    assert shown() == ["1", "0", "0", "0"]
    assert "ещё не считали" not in text_of(browser.get("/catalog/stores"))


def test_groups_of_a_store_that_is_read_for_the_first_time_have_no_numbers_yet(browser, store):
    group = factories.CachedGroupFactory(store=store)
    path = f"/catalog/stores/{store.evotor_id}/groups"
    assert "ещё не считали" in text_of(browser.get(path)) and "0 товаров" not in text_of(browser.get(path))
    factories.CachedProductFactory(store=store, parent_id=group.evotor_id)
    assert "1 товар" in text_of(browser.get(path))
    CachedStore.objects.update(complete_at=MOMENT)
    factories.CachedGroupFactory(store=store)
    assert "0 товаров" in text_of(browser.get(path)) and "ещё не считали" not in text_of(browser.get(path))


def test_a_missing_category_is_asked_for_before_anything_is_counted(browser, owner, on):
    text = text_of(browser.get("/sync/decisions"))
    assert "Не выбрана категория ВК" in text and "ещё не считали" in text
    assert live.look(owner).questions == 1
    SyncConfig.objects.update(default_category_id=5001)
    assert "Решать пока нечего." in text_of(browser.get("/sync/decisions"))
    assert live.look(owner).questions == 0


def test_once_it_is_chosen_nobody_is_asked_though_nothing_is_planned_while_it_is_off(browser, owner, community, on):
    factories.ListingFactory.create_batch(3, community=community, hold="no_category")
    SyncConfig.objects.update(enabled=True)
    assert live.look(owner).questions == 1
    assert '<span class="badge-soft">3</span>' in text_of(browser.get("/sync/decisions"))
    SyncConfig.objects.update(enabled=False, default_category_id=5001)
    assert live.look(owner).questions == 0
    assert "Решать пока нечего." in text_of(browser.get("/sync/decisions"))


def test_categories_of_groups_are_choices_too(browser, owner, store, on):
    factories.CachedGroupFactory(store=store, vk_category_id=5001)
    assert live.look(owner).questions == 0


def test_without_a_store_nobody_misses_a_category(browser, owner, on):
    factories.SyncFilterFactory._meta.model.objects.all().delete()
    assert live.look(owner).questions == 0


def test_what_was_deleted_in_vk_by_hand_waits_and_was_not_refused(browser, owner, community, store):
    factories.SyncConfigFactory(user=owner)
    listing = factories.ListingFactory(community=community, blocked="deleted_in_vk")
    factories.ListingSourceFactory(listing=listing, product=factories.CachedProductFactory(store=store))
    factories.ListingFactory(community=community, blocked="refused")
    assert (figure(browser, "отклонено"), figure(browser, "не публикуются")) == ("1", "0")
    # And the refused one, which may be tried again.
    assert live.look(owner).questions == 2


def test_switching_on_says_what_the_preview_said(browser, owner, community, store, on):
    factories.CachedProductFactory.create_batch(5, store=store)
    at_most = "появится до 5 выбранных вами товаров"
    assert at_most in text_of(browser.get("/sync/on"))
    made = clock.now() - timedelta(minutes=5)
    run = factories.SyncRunFactory(
        community=community,
        status="preview",
        finished_at=made,
        planned={"create": 3},
        counts={"held": 9, "reasons": {"alcohol": 2}},
    )
    text = text_of(browser.get("/sync/on"))
    assert "Появится: 3. Не публикуется: 2." in text and clock.local_text(made) in text and at_most not in text
    for stale in ({"error": "token"}, {"finished_at": None}, {"finished_at": made - timedelta(hours=2)}):
        SyncRun.objects.filter(pk=run.pk).update(**{"error": "", "finished_at": made} | stale)
        assert at_most in text_of(browser.get("/sync/on"))
    SyncRun.objects.filter(pk=run.pk).update(error="", finished_at=made)
    factories.SyncRunFactory(community=community, status="done", started_at=clock.now())
    assert at_most in text_of(browser.get("/sync/on"))
