"""The jobs themselves, over HTTP to the sandbox: safe to run twice, one failure is one merchant's."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from catalog import refreshing
from catalog.models import CachedProduct, RefreshRun, SyncConfig
from catalog.tasks import Reading, reading
from connections.clients.errors import AuthenticationError
from connections.models import ConnectionFault, VkConnection
from connections.tasks import check
from evosync import jobs, watching
from evosync.base import clock
from evosync.base import jobs as base_jobs
from vkmarket import publishing, tasks
from vkmarket.models import VkCachedProduct, VkCategory

GOOD = "Чай чёрный"


def config() -> SyncConfig:
    return SyncConfig.objects.get()


@pytest.fixture
def asked(merchant):
    """The cycle that a worker takes up."""
    SyncConfig.objects.update(queued_at=clock.now())


def leave(monkeypatch) -> None:
    for module in ("catalog.tasks", "vkmarket.tasks"):
        monkeypatch.setattr(f"{module}.leaving", lambda: True)


@pytest.fixture
def leaving(monkeypatch):
    """The worker is asked to leave."""
    leave(monkeypatch)


def test_a_cycle_reads_the_till_and_then_publishes(merchant, shop, queued):
    shop.put(GOOD)
    assert tasks.request_sync(merchant.pk) and not tasks.request_sync(merchant.pk)
    assert queued() == [("long", "sync", merchant.pk)]
    tasks.sync(merchant.pk)
    assert CachedProduct.objects.get().name == GOOD
    assert (config().queued_at, config().reading_until) == (None, None)
    assert queued() == [("long", "publish_slice", merchant.vk.pk)]
    assert shop.titles() == []
    tasks.publish_slice(merchant.vk.pk, read=True)
    assert shop.titles() == [GOOD]
    assert queued() == []


def test_a_cycle_of_nobody_does_nothing(merchant, sandbox, queued):
    type(merchant).objects.update(status="suspended")
    tasks.request_sync(merchant.pk)
    queued()
    calls = sandbox.journal.calls()
    tasks.sync(merchant.pk)
    tasks.publish_slice(merchant.vk.pk, read=True)
    tasks.publish_slice(merchant.vk.pk + 1)
    assert sandbox.journal.calls() == calls and queued() == []
    assert config().queued_at is None


def test_a_till_that_another_worker_reads_is_left_to_it(merchant, sandbox, queued, asked):
    with reading(merchant.pk) as claim:
        assert claim
        SyncConfig.objects.update(queued_at=clock.now())
        calls = sandbox.journal.calls()
        assert tasks.sync(merchant.pk).startswith("another worker reads this till")
        assert sandbox.journal.calls() == calls and queued() == []
    tasks.sync(merchant.pk)
    assert sandbox.journal.calls() > calls


def test_a_cycle_asked_for_during_a_reading_follows_it(merchant, sandbox, queued, asked, monkeypatch):
    read = tasks.read_till

    def asked_meanwhile(user, claim):
        tasks.request_sync(merchant.pk)
        assert tasks.sync(merchant.pk).startswith("another worker reads this till")
        return read(user, claim)

    with monkeypatch.context() as patched:
        patched.setattr(tasks, "read_till", asked_meanwhile)
        tasks.sync(merchant.pk)
    assert [name for _cluster, name, _pk in queued()] == ["sync", "publish_slice", "sync"]
    assert tasks.sync(merchant.pk).startswith("till: 2 stores read")
    assert [name for _cluster, name, _pk in queued()] == ["publish_slice"]


def test_a_cycle_that_waited_so_long_that_it_was_asked_for_again_is_done_once(merchant, sandbox, queued):
    tasks.request_sync(merchant.pk)
    for minutes in (20, 40):
        assert watching.ask_again(clock.now() + timedelta(minutes=minutes)) == 1
    waiting = queued()
    assert waiting == [("long", "sync", merchant.pk)] * 3
    assert tasks.sync(merchant.pk).startswith("till: 2 stores read")
    calls = sandbox.journal.calls()
    assert [tasks.sync(merchant.pk) for _copy in waiting[1:]] == ["another worker reads this till, or has read it"] * 2
    assert sandbox.journal.calls() == calls
    assert queued() == [("long", "publish_slice", merchant.vk.pk)]


def test_the_claim_of_a_dead_worker_lapses_and_its_return_takes_nothing(merchant, asked):
    with reading(merchant.pk):
        SyncConfig.objects.update(reading_until=timezone.now() - timedelta(seconds=1))
        with reading(merchant.pk) as second:
            assert second
        # The first, back from the dead, must not give away what it has lost.
        SyncConfig.objects.update(reading_until=timezone.now() + timedelta(minutes=1))
    assert config().reading_until is not None


def test_every_page_prolongs_the_claim(merchant, monkeypatch, asked):
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    with reading(merchant.pk) as claim:
        until = config().reading_until
        now += timedelta(minutes=1)
        claim.update(None, completed=1000)
        assert config().reading_until == until + timedelta(minutes=1)
    assert config().reading_until is None


def test_a_broken_till_does_not_keep_its_wishes_from_vk(merchant, queued, monkeypatch, asked):
    def broken(*_args, **_options):
        raise RuntimeError("a bug")

    monkeypatch.setattr(refreshing, "refresh", broken)
    with pytest.raises(RuntimeError):
        tasks.sync(merchant.pk)
    assert queued() == [("long", "publish_slice", merchant.vk.pk)]
    assert config().reading_until is None


def test_a_worker_asked_to_leave_after_the_last_page_still_asks_for_the_publishing(
    merchant, shop, queued, asked, monkeypatch
):
    whole = refreshing.refresh

    def then_leave(*args, **options):
        done = whole(*args, **options)
        leave(monkeypatch)
        return done

    shop.put(GOOD)
    monkeypatch.setattr(refreshing, "refresh", then_leave)
    assert tasks.sync(merchant.pk).startswith("till: 2 stores read")
    assert (config().queued_at, config().reading_until) == (None, None)
    assert queued() == [("long", "publish_slice", merchant.vk.pk)]


def test_a_slice_that_plans_everything_may_take_longer(merchant):
    """A hundred thousand goods that are met for the first time take more than a minute."""
    publishing.request_slice(merchant.vk.pk, read=True)
    publishing.request_run(merchant.vk.community)
    publishing.request_slice(merchant.vk.pk, plan=False, run_id=1)
    publishing.request_run(merchant.vk.community, [1])
    jobs = [SignedPackage.loads(row.payload) for row in OrmQ.objects.order_by("pk")]
    assert [job.get("timeout") for job in jobs] == [180, 180, None, None]


def test_a_worker_that_leaves_puts_its_jobs_back(merchant, shop, queued, asked, leaving):
    shop.put(GOOD)
    assert tasks.sync(merchant.pk).startswith("put back")
    assert queued() == [("long", "sync", merchant.pk)]
    assert config().queued_at is not None and config().reading_until is None
    run = RefreshRun.objects.latest("pk")
    assert run.finished_at and not run.complete
    assert tasks.publish_slice(merchant.vk.pk, read=True).startswith("put back")
    assert queued() == [("long", "publish_slice", merchant.vk.pk)]
    assert tasks.publish_slice(merchant.vk.pk, products=[1]).startswith("put back")
    assert queued() == [("now", "publish_slice", merchant.vk.pk)]
    assert shop.titles() == []


def test_a_worker_that_leaves_puts_back_a_cycle_whose_job_has_come_and_gone(merchant, queued, asked, monkeypatch):
    """It found the till taken, and counts on whoever reads it."""

    def asked_then_leave(user, claim):
        tasks.request_sync(merchant.pk)
        assert tasks.sync(merchant.pk).startswith("another worker reads this till")
        raise tasks.Leaving

    monkeypatch.setattr(tasks, "read_till", asked_then_leave)
    queued()
    assert tasks.sync(merchant.pk).startswith("put back")
    assert queued().count(("long", "sync", merchant.pk)) == 2
    assert config().queued_at is not None and config().reading_until is None


def test_a_token_that_was_revoked_ends_it_without_another_try(merchant, shop, sandbox, queued):
    shop.put(GOOD)
    refreshing.refresh(merchant.evotor)
    sandbox.faults.add(method="*", code=5, times=100)
    tasks.publish_slice(merchant.vk.pk)
    merchant.vk.refresh_from_db()
    assert (merchant.vk.is_online, merchant.vk.last_error) == (False, ConnectionFault.TOKEN)
    assert queued() == []


def test_with_the_switch_off_both_mirrors_are_kept_and_nothing_is_sent(merchant, shop, writes, asked):
    shop.put(GOOD)
    SyncConfig.objects.update(enabled=False)
    tasks.sync(merchant.pk)
    writes()
    told = tasks.publish_slice(merchant.vk.pk, read=True)
    assert told.startswith("frozen; mirror read") and writes() == []
    assert CachedProduct.objects.count() == 1
    assert VkCachedProduct.objects.count() == len(shop.items())


def test_with_the_switch_off_a_new_token_is_not_blamed_for_the_old_one(merchant, sandbox, monkeypatch):
    SyncConfig.objects.update(enabled=False)

    def replaced_meanwhile(_client):
        connection = VkConnection.objects.get()
        connection.access_token = "the new one"
        connection.save()
        raise AuthenticationError(5, "user authorization failed")

    monkeypatch.setattr("vkmarket.categories.refresh_categories", replaced_meanwhile)
    assert "cannot be read: token" in tasks.publish_slice(merchant.vk.pk, read=True)
    connection = VkConnection.objects.get()
    assert (connection.is_online, connection.last_error) == (True, "")


def test_with_the_switch_off_the_categories_are_there_to_choose_from(merchant):
    SyncConfig.objects.update(enabled=False)
    VkCategory.objects.all().delete()
    tasks.publish_slice(merchant.vk.pk, read=True)
    assert VkCategory.objects.filter(is_leaf=True).exists()


def test_a_check_shows_how_the_connection_is(merchant, sandbox):
    for service in ("evotor", "vk"):
        getattr(merchant, service).record_check(timezone.now(), ConnectionFault.UNAVAILABLE)
        assert check(service, getattr(merchant, service).pk) == "online"
        getattr(merchant, service).refresh_from_db()
        assert getattr(merchant, service).is_online
    type(merchant.vk).objects.update(access_token="vk1.a.revoked")
    assert check("vk", merchant.vk.pk) == "fault: token"
    type(merchant.vk).objects.update(access_token="")
    assert check("vk", merchant.vk.pk) == "nothing to check"


def test_checks_that_piled_up_behind_long_jobs_ask_each_service_once(merchant, sandbox, monkeypatch):
    began = clock.now()
    for hour in range(4):
        monkeypatch.setattr(clock, "now", lambda now=began + timedelta(hours=hour): now)
        assert jobs.begin_checks() == 2
    rows = list(OrmQ.objects.order_by("pk"))
    assert {row.key for row in rows} == {"long"}
    waiting = [SignedPackage.loads(row.payload) for row in rows]
    assert [check(*job["args"], **job["kwargs"]) for job in waiting[:2]] == ["online"] * 2
    calls = sandbox.journal.calls()
    assert [check(*job["args"], **job["kwargs"]) for job in waiting[2:]] == ["checked meanwhile"] * 6
    assert sandbox.journal.calls() == calls


def test_a_cycle_is_put_back_when_the_till_is_free(merchant, asked, leaving, monkeypatch):
    """Sooner, another machine's worker would take it up, find the till taken, and drop it."""
    release, waiting = Reading.release, []

    def watched(claim):
        waiting.append(OrmQ.objects.count())
        release(claim)

    monkeypatch.setattr(Reading, "release", watched)
    tasks.sync(merchant.pk)
    assert (waiting, OrmQ.objects.count()) == ([0], 1)


def test_leaving_is_told_to_the_children_by_their_parent():
    assert not base_jobs.leaving()
    try:
        base_jobs.share_stop()
        assert not base_jobs.leaving()
        base_jobs.ask_to_leave()
        assert base_jobs.leaving()
    finally:
        base_jobs._stop = None


def test_a_merchant_whose_tokens_are_dead_keeps_nobody_from_the_window(trader, merchant, shop, queued):
    shop.put(GOOD)
    trader()
    jobs.dispatch()
    done = 0
    while waiting := queued():
        for _cluster, name, *args in waiting:
            # As a worker does it: what one job raises is nothing to the next.
            {"sync": tasks.sync, "publish_slice": tasks.publish_slice, "check": check}[name](*args)
            done += 1
    assert shop.titles() == [GOOD] and done == 8
    lights = VkConnection.objects.order_by("user").values_list("is_online", "last_error")
    assert set(lights) == {(True, ""), (False, ConnectionFault.TOKEN)}
    assert SyncConfig.objects.filter(reading_until=None, queued_at=None).count() == 2
