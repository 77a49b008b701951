"""The operator's commands over real HTTP: what they do, say and end with."""

import os
import signal
from datetime import timedelta

import pytest

from accounts.commands import english
from accounts.models import Status
from catalog.choices import set_choice
from catalog.models import CachedProduct, CachedStore, SyncConfig
from catalog.refreshing import refresh
from connections import linking
from evosync.base import clock
from sandbox import seed
from tests.factories import UserFactory
from vkmarket import leasing
from vkmarket.models import Attempt, Lease, Listing, SyncRun, VkCachedProduct

pytestmark = pytest.mark.django_db

KEYS = [
    "user",
    "products",
    "created",
    "updated",
    "hidden",
    "deleted",
    "held",
    "failed",
    "unknown",
    "waiting",
    "drift",
    "confirmed",
    "requests",
    "seconds",
]


@pytest.fixture
def second(merchant, sandbox):
    """Another merchant, with a till and a community of her own."""
    user = UserFactory()
    linking.link_evotor(user, seed.SECOND_EVOTOR_TOKEN)
    linking.link_vk(user, seed.SECOND_VK_TOKEN, seed.SECOND_VK_GROUP_ID)
    SyncConfig.objects.create(user=user, enabled=True, default_category_id=merchant.sync_config.default_category_id)
    refresh(user.evotor)
    set_choice(user, "store", CachedStore.objects.get(connection=user.evotor).evotor_id, "", "include")
    sandbox.evotor.put_product(
        seed.SECOND_STORE_ID, {"name": "Корица молотая", "price": "55.00", "allow_to_sell": True}
    )
    return user


def hers(sandbox) -> list[str]:
    return [item["title"] for item in sandbox.vk.visible_items(seed.SECOND_VK_GROUP_ID)]


# -- For one or all ---------------------------------------------------------------------------------------------------


def test_a_broken_merchant_does_not_stop_the_next(shelf, operate, merchant, second, sandbox):
    shelf(2)
    sandbox.revoke(seed.EVOTOR_TOKEN)
    sandbox.revoke(seed.VK_TOKEN)
    told = operate("sync", "--json")
    assert told.code == 1
    broken, well = told.lines
    assert (broken["user"], broken["errors"], broken["created"]) == (merchant.email, ["evotor:token", "vk:token"], 0)
    assert (well["user"], well["errors"], well["created"], well["confirmed"]) == (second.email, [], 1, 1)
    assert hers(sandbox) == ["Корица молотая"]
    assert told.err == ""


def test_a_bug_at_one_merchant_does_not_stop_the_next(operate, second, sandbox, monkeypatch):
    real = linking.vk_client

    def client(connection, *args, **options):
        if connection.user_id != second.pk:
            raise RuntimeError("a bug")
        return real(connection, *args, **options)

    monkeypatch.setattr(linking, "vk_client", client)
    # The log alone may hold the traceback: it is the one who mends the bug that reads it.
    told = operate("sync", "--json", traceback_in_log=True)
    assert told.code == 1
    assert [line.get("error") for line in told.lines] == ["RuntimeError", None]
    assert told.lines[0]["reference"] in told.log
    assert hers(sandbox) == ["Корица молотая"]


def test_suspended_and_pending_accounts_are_left_out(operate, merchant, second):
    merchant.status = Status.SUSPENDED
    merchant.save()
    assert [line["user"] for line in operate("sync", "--json").lines] == [second.email]
    told = operate("sync", "--json", "--user", merchant.email)
    assert (told.code, told.values["status"], told.values["created"]) == (0, "frozen", 0)
    words = operate("sync", "--user", merchant.email).out
    assert "The account is not active: nothing was sent." in words and "master switch" not in words


def test_json_is_one_line_with_the_keys_that_scripts_read(shelf, run_sync, sandbox):
    shelf(3)
    before = sandbox.journal.requests("vk")
    values = run_sync().values
    assert list(values)[: len(KEYS)] == KEYS
    assert values["requests"] == sandbox.journal.requests("vk") - before
    assert (values["products"], values["created"], values["held"], values["confirmed"]) == (3, 3, 0, 3)


def test_figures_say_what_is_true_even_where_vk_cannot_be_asked(shop, shelf, run_sync, sandbox):
    shelf(3)
    shop.put("Вино красное", type="ALCOHOL_NOT_MARKED")
    run_sync()
    sandbox.revoke(seed.VK_TOKEN)
    values = run_sync().values
    assert (values["products"], values["confirmed"], values["held"]) == (4, 3, 1)


# -- Dry run and approval ---------------------------------------------------------------------------------------------


def test_a_dry_run_shows_the_plan_and_leaves_no_trace(shop, shelf, run_sync, writes):
    tea, coffee, _sugar = shelf(3)
    run_sync()
    writes()
    shop.put("Товар номер 00", id=tea, price="7.00")
    shop.put("Товар номер 01", id=coffee, allow_to_sell=False)
    shop.put("Товар новый")
    rows = list(Listing.objects.order_by("pk").values())
    for told in (run_sync("--dry-run"), run_sync("--dry-run")):
        assert told.code == 0
        assert told.values["dry_run"] is True
        assert sorted(told.values["changes"]) == [
            "create Товар новый",
            "hide Товар номер 01",
            "update Товар номер 00: price 100.00 -> 7.00",
        ]
        assert [told.values[name] for name in ("created", "updated", "hidden", "products")] == [1, 1, 1, 4]
    assert list(Listing.objects.order_by("pk").values()) == rows
    assert (writes(), SyncRun.objects.count(), Attempt.objects.count()) == ([], 1, 3)
    assert "update Товар номер 00: price 100.00 -> 7.00" in run_sync.told("--dry-run").out


def test_a_dry_run_tells_the_state_as_any_run_does(shop, shelf, run_sync):
    shelf(2)
    shop.put("Товар особый")
    run_sync()
    assert run_sync("--dry-run").values["confirmed"] == run_sync().values["confirmed"] == 3


def test_a_dry_run_says_what_the_guard_would_hold(shop, shelf, run_sync):
    products = shelf(20)
    run_sync()
    for product in products[:15]:
        shop.remove(product)
    told = run_sync("--dry-run")
    assert (told.code, told.values["status"]) == (1, "waiting")
    assert "--approve" in run_sync.told("--dry-run").out
    told = run_sync.told()
    assert told.code == 1 and "15 of 20" in told.out and "--approve" in told.out
    assert run_sync("--approve").values["hidden"] == 15
    assert run_sync().code == 0


# -- Publishing and refreshing apart ----------------------------------------------------------------------------------


def test_publish_works_from_the_mirrors_as_they_are(shop, shelf, operate, sandbox, merchant):
    shelf(2)
    refresh(merchant.evotor)
    shop.put("Товар новый")
    mark = sandbox.calls()
    told = operate("publish", "--json")
    assert (told.code, told.values["created"]) == (0, 2)
    assert sandbox.journal.entries(mark, api="evotor") == []
    assert operate("publish", "--json", "--dry-run").values["changes"] == []
    assert operate("refresh_catalog", "--json").values["products"] == 3
    assert operate("publish", "--json").values["created"] == 1


def test_refresh_catalog_tells_a_broken_till(operate, merchant, second, sandbox):
    sandbox.revoke(seed.EVOTOR_TOKEN)
    told = operate("refresh_catalog", "--json")
    assert told.code == 1
    assert [line["errors"] for line in told.lines] == [[{"connection": "evotor", "error": "token"}], []]
    assert "The token was not accepted" in operate("refresh_catalog", "--user", merchant.email).out


def test_refresh_vk_catalog_mirrors_what_is_there_and_writes_nothing(shelf, run_sync, operate, sandbox, writes):
    shelf(2)
    run_sync()
    sandbox.vk.add_foreign_item(seed.VK_GROUP_ID, name="Подарочный сертификат")
    writes()
    told = operate("refresh_vk_catalog", "--json")
    assert (told.code, told.values["items"], told.values["changed"], told.values["complete"]) == (0, 3, 1, True)
    assert (writes(), VkCachedProduct.objects.count()) == ([], 3)
    told = operate("refresh_vk_catalog")
    assert told.code == 0 and "items 3" in told.out


@pytest.mark.parametrize("fault", [{"kind": "html"}, {"kind": "cut", "when": "after"}, {"kind": "error", "code": 5}])
def test_refresh_vk_catalog_tells_a_market_that_cannot_be_read(operate, merchant, sandbox, naps, fault):
    sandbox.faults.add(**fault, method="execute", times=None)
    told = operate("refresh_vk_catalog", "--user", merchant.email)
    assert told.code == 1 and told.err == ""
    merchant.vk.refresh_from_db()
    with english():
        assert merchant.vk.last_error and merchant.vk.get_last_error_display() in told.out


@pytest.mark.parametrize("command", ["sync", "publish", "refresh_catalog", "refresh_vk_catalog"])
def test_whoever_is_not_connected_is_told_so(operate, command, db):
    user = UserFactory()
    told = operate(command, "--user", user.email)
    assert told.code == 1
    assert "not connected" in told.out
    told = operate(command, "--user", "nobody@example.com")
    assert (told.code, told.err) == (1, "CommandError: There is no account with the email nobody@example.com.\n")


# -- The one writer ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["sync", "publish"])
def test_a_community_that_another_worker_holds_is_left_alone(
    shelf, operate, merchant, second, sandbox, writes, command
):
    shelf(2)
    refresh(merchant.evotor)
    refresh(second.evotor)
    held = leasing.take(merchant.vk.community)
    told = operate(command, "--json")
    assert (told.code, told.err) == (3, "")
    assert [(line["status"], line["created"]) for line in told.lines] == [("busy", 0), ("done", 1)]
    assert "Another process" in operate(command, "--user", merchant.email).out
    # It has been asked for: the holder looks again before it leaves.
    held.release()
    assert held.again
    assert operate(command, "--json").lines[0]["created"] == 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_ctrl_c_ends_the_work_and_the_next_run_completes_it(
    shelf, run_sync, merchant, sandbox, meanwhile, adds, settings, later, all_is_well, when
):
    shelf(30)
    meanwhile(lambda: os.kill(os.getpid(), signal.SIGINT), method="market.add", when=when, skip=27)
    told = run_sync()
    assert (told.code, told.out) == (130, "")
    assert "Run the command again" in told.err
    lease = Lease.objects.get()
    assert (lease.holder, lease.expires_at) == ("", None)
    assert SyncRun.objects.latest("pk").finished_at <= clock.now() + timedelta(seconds=1)
    # Before its commit an add may still happen: the next run looks for it, and repeats it once it is proven absent.
    for _look in range(2):
        run_sync()
        later(seconds=settings.VK_CALL_DEADLINE + settings.VK_READ_LAG + 1)
    all_is_well(30)
    assert len(adds()) == 30


def test_nobody_to_work_for_is_no_failure(operate, db):
    told = operate("sync", "--json")
    assert (told.code, told.out) == (0, "")
    assert "nobody" in told.err
    assert not CachedProduct.objects.exists()
