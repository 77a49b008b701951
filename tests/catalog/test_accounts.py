"""The merchant connects another Evotor account: the stores of the old one are no tills of theirs any more."""

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from catalog import chosen
from catalog.choices import set_choice
from catalog.models import CachedGroup, CachedProduct, CachedStore
from connections import linking
from sandbox import seed
from tests.catalog.test_refreshing import writes
from tests.catalog.till import Shop
from tests.factories import SyncConfigFactory, UserFactory
from vkmarket import figures

pytestmark = pytest.mark.django_db


@pytest.fixture
def moved(read, till, shop):
    """The till was read; from now on it answers for another account, with a store of two goods."""
    shop.account = "01-old"
    read()
    other = Shop(name="Юг", account="02-new")
    other.add("x")
    other.add("y")
    till.shops = {"N": other}
    return other


def test_stores_of_the_old_account_and_all_they_held_are_gone_for_certain(moved, read):
    result = read()
    assert (result.stores, result.skipped, result.products, result.vanished) == (1, 0, 2, 5)
    assert result.complete and not result.errors
    old = CachedStore.objects.get(evotor_id="S")
    assert (old.error, old.unreadable_since, old.goods) == ("other_account", None, 0) and old.absent_since
    for model in (CachedGroup, CachedProduct):
        rows = model.objects.filter(store=old)
        assert rows.exists() and not rows.present().exists() and not rows.filter(absent_proven=False).exists()


def test_they_are_noted_once(moved, read):
    read()
    since = CachedStore.objects.get(evotor_id="S").absent_since
    with CaptureQueriesContext(database) as queries:
        assert read().vanished == 0
    assert set(writes(queries)) == {"evotor_connections", "refresh_runs", "cached_stores"}
    assert CachedStore.objects.get(evotor_id="S").absent_since == since


def test_they_come_back_with_their_account(moved, read, till, shop):
    read()
    till.shops = {"S": shop}
    result = read()
    assert (result.products, result.written) == (5, 5)
    assert CachedStore.objects.get(evotor_id="S").absent_since is None
    assert CachedStore.objects.get(evotor_id="N").error == "other_account"
    assert not CachedProduct.objects.filter(store__evotor_id="S", absent_proven=True).exists()


@pytest.mark.parametrize(("before", "after"), [("01-old", "01-old"), ("", "02-new"), ("01-old", "")])
def test_a_store_that_is_only_missing_keeps_its_goods(read, till, shop, before, after):
    """Of the same account, or nobody knows of which."""
    shop.account = before
    read()
    other = Shop(name="Юг", account=after)
    other.add("x")
    till.shops = {"N": other}
    assert read().errors == [("Центр", "missing")]
    assert CachedProduct.objects.present().filter(store__evotor_id="S").count() == 5


def test_no_store_at_all_tells_nothing_of_the_account(moved, read, till):
    till.shops = {}
    assert read().errors == [("Центр", "missing")]


def test_what_is_not_on_the_till_any_more_is_not_counted(moved, read, connection):
    for store in ("S", "N"):
        set_choice(connection.user, "store", store, "", "include")
    assert figures.of_user(connection.user) == chosen.goods(connection.user) == 5
    read()
    assert figures.of_user(connection.user) == chosen.goods(connection.user) == 2
    assert chosen.summary(connection.user).stores_on == 1


def test_a_missing_store_is_not_counted_either(read, till, connection):
    read()
    till.shops = {}
    read()
    assert figures.of_user(connection.user) == 0


def test_a_till_that_was_just_connected_is_read_at_once(db, sandbox, settings):
    settings.EVOTOR_API_URL = sandbox.evotor_url
    user = UserFactory()
    config = SyncConfigFactory(user=user, next_sync_at="2100-01-01T00:00:00Z")
    other = SyncConfigFactory(next_sync_at="2100-01-01T00:00:00Z")
    linking.link_evotor(user, seed.EVOTOR_TOKEN)
    for row in (config, other):
        row.refresh_from_db()
    assert config.next_sync_at is None and other.next_sync_at is not None


def test_a_community_that_was_just_connected_is_read_at_once(db, sandbox, settings, django_capture_on_commit_callbacks):
    """Else a newcomer has no category to choose for an hour."""
    settings.VK_API_URL = sandbox.vk_url
    sandbox.vk.switch("rate_limit", False)
    config = SyncConfigFactory(user=UserFactory())
    for connect, is_due in (
        (lambda: linking.link_vk(config.user, seed.VK_TOKEN, seed.VK_GROUP_ID), True),
        # A check finds the same community.
        (lambda: linking.check_vk(config.user.vk), False),
    ):
        config.next_sync_at = "2100-01-01T00:00:00Z"
        config.save()
        with django_capture_on_commit_callbacks(execute=True):
            assert connect()
        config.refresh_from_db()
        assert (config.next_sync_at is None) is is_due
