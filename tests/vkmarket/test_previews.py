"""Previews made by a job for a page: what is shown, what an approval allows, and that nothing is sent for them."""

from datetime import timedelta

import pytest

from catalog.refreshing import refresh
from connections.models import VkConnection
from evosync import pruning, watching
from evosync.base import clock
from sandbox import seed
from tests.factories import UserFactory
from vkmarket import previews, tasks
from vkmarket.models import Listing, SyncRun

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ask(merchant):
    """Ask for a preview of what the till says now, and have it made."""

    def make() -> SyncRun:
        refresh(merchant.evotor)
        run = previews.request(merchant.vk.community)
        tasks.preview(run.pk)
        run.refresh_from_db()
        assert run.finished_at
        return run

    return make


def test_a_preview_tells_what_would_be_done_and_does_nothing(shop, sync, ask, writes):
    tea, coffee = shop.put("Чай чёрный", price="120.00"), shop.put("Кофе молотый")
    sync()
    shop.put("Чай чёрный", price="135.00", id=tea)
    shop.put("Мёд липовый", price="300.00")
    shop.remove(coffee)
    writes()
    run = ask()
    assert writes() == []
    assert (run.status, run.error, run.planned) == ("preview", "", {"update": 1, "create": 1, "hide": 1})
    told = {line["name"]: line for line in run.lines}
    assert told["Чай чёрный"]["fields"] == {"price": ["120.00", "135.00"]}
    assert (told["Мёд липовый"]["kind"], told["Мёд липовый"]["price"]) == ("create", "300.00")
    assert (told["Кофе молотый"]["kind"], told["Кофе молотый"]["hold"]) == ("hide", "absent")
    assert (
        Listing.objects.get(pk__in=Listing.objects.filter(source__product__evotor_id=tea)).wanted["price"] == "120.00"
    )


def test_lines_are_told_by_group_and_then_by_name(shop, sandbox, ask):
    drinks, coffee = (sandbox.evotor.put_group(shop.store, {"name": name}) for name in ("Чай и вода", "Кофе"))
    tea = sandbox.evotor.put_group(shop.store, {"name": "Чай", "parent_id": drinks})
    goods = {"Яблоки": None, "чай зелёный": tea, "Чай белый": tea, "Арбуз": None, "Кофе молотый": coffee}
    for name, group in goods.items():
        shop.put(name, parent_id=group)
    told = [(line["group"], line["name"]) for line in ask().lines]
    assert told == [
        ("Кофе", "Кофе молотый"),
        ("Чай и вода / Чай", "Чай белый"),
        ("Чай и вода / Чай", "чай зелёный"),
        ("", "Арбуз"),
        ("", "Яблоки"),
    ]


def test_it_works_before_the_master_switch_is_on_and_lines_of_each_kind_are_bounded(shop, merchant, ask, monkeypatch):
    monkeypatch.setattr(previews, "LINES", 3)
    merchant.sync_config.enabled = False
    merchant.sync_config.save()
    for number in range(5):
        shop.put(f"Товар номер {number}")
    run = ask()
    assert (run.planned, len(run.lines)) == ({"create": 5}, 3)
    assert not Listing.objects.exists() and shop.items() == []


def test_approving_sends_exactly_what_was_shown(shop, merchant, sync, ask, shrunk):
    run = ask()
    assert run.verdict["removals"]["removals"] == 25
    assert {line["block"] for line in run.lines} == {"guard_removals"}
    # Others leave after the preview was made: nobody has seen that.
    for product in shrunk[25:38]:
        shop.remove(product)
    by = UserFactory()
    assert previews.approve(run, by)
    assert sync().hidden == 25
    run.refresh_from_db()
    assert (run.approved_by, run.shown) == (by, {})


def test_an_approval_is_for_once(shop, merchant, sync, ask, shrunk):
    previews.approve(ask(), merchant)
    assert sync().hidden == 25
    for number in range(25):
        shop.put(f"Товар номер {number}", id=shrunk[number])
    sync()
    assert len(shop.visible()) == 40
    for product in shrunk[:25]:
        shop.remove(product)
    assert (sync().hidden, len(shop.visible())) == (0, 40)


def test_a_wish_that_changed_since_is_not_approved(shop, merchant, sync, ask):
    products = [shop.put(f"Товар номер {number}", price="100.00") for number in range(20)]
    sync()
    for number, product in enumerate(products):
        shop.put(f"Товар номер {number}", price="10.00", id=product)
    run = ask()
    for number, product in enumerate(products):
        shop.put(f"Товар номер {number}", price="1.00", id=product)
    assert previews.approve(run, merchant)
    assert (sync().updated, {str(price) for price in shop.prices().values()}) == (0, {"100"})


def test_declining_is_recorded_and_nothing_is_sent(shop, merchant, sync, ask, shrunk, writes):
    sync()
    earlier, run = ask(), ask()
    writes()
    assert not previews.approve(earlier, merchant), "a newer one was shown since"
    assert previews.decline(run, merchant)
    assert not previews.decline(run, merchant) and not previews.approve(run, merchant)
    run.refresh_from_db()
    assert run.declined_by == merchant and run.declined_at and run.approved_at is None
    assert sync().hidden == 0 and writes() == []
    assert Listing.objects.filter(blocked="guard_removals").count() == 25


def test_declining_ends_an_earlier_permission_that_nobody_has_used(shop, merchant, sync, ask, shrunk):
    previews.approve(ask(), merchant)
    previews.decline(ask(), merchant)
    assert sync().hidden == 0


def test_one_at_a_time_and_a_few_are_kept(merchant, shop, ask):
    community = merchant.vk.community
    first = previews.request(community)
    assert previews.request(community).pk == first.pk
    tasks.preview(first.pk)
    assert tasks.preview(first.pk).startswith("made already")
    for _ in range(previews.KEPT + 2):
        ask()
    assert SyncRun.objects.previews().count() == previews.KEPT
    assert previews.latest(community).pk > first.pk


def test_a_preview_whose_worker_died_is_closed(merchant, monkeypatch):
    community = merchant.vk.community
    lost = previews.request(community)
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(minutes=11))
    assert watching.close_previews(clock.now()) == 1
    lost.refresh_from_db()
    assert (lost.error, bool(lost.finished_at)) == ("interrupted", True)
    assert not previews.approve(lost, merchant)
    again = previews.request(community)
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(minutes=22))
    assert previews.request(community).pk != again.pk


def test_what_stops_it_is_told(merchant, sandbox, shop):
    run = previews.request(merchant.vk.community)
    sandbox.vk.tokens.pop(seed.VK_TOKEN)
    tasks.preview(run.pk)
    run.refresh_from_db()
    assert (run.error, run.lines) == ("token", [])
    VkConnection.objects.update(access_token="")
    assert previews.request(merchant.vk.community) is None


def test_a_round_closes_no_preview_and_pruning_keeps_the_last_round(merchant, shop, sync):
    run = previews.request(merchant.vk.community)
    sync()
    run.refresh_from_db()
    assert (run.status, run.finished_at) == ("preview", None)
    SyncRun.objects.rounds().update(finished_at=clock.now() - timedelta(days=99))
    pruning.prune(30)
    assert SyncRun.objects.rounds().count() == 1
