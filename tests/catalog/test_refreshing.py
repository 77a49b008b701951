import re
from collections import defaultdict
from decimal import Decimal
from unittest import mock

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from catalog.models import CachedGroup, CachedProduct, CachedStore, RefreshRun
from catalog.refreshing import refresh
from connections.clients.errors import (
    AccessDenied,
    AuthenticationError,
    BadAnswer,
    NotInstalled,
    TransientError,
)
from connections.models import ConnectionFault
from tests.catalog.till import Shop, Till
from tests.factories import EvotorConnectionFactory

pytestmark = pytest.mark.django_db
WRITE = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) ["`](\w+)["`]')


def writes(queries) -> dict[str, list[str]]:
    """Table -> the statements that write to it."""
    found = defaultdict(list)
    for query in queries:
        if match := WRITE.match(query["sql"]):
            found[match[1]].append(query["sql"])
    return found


def present() -> set[str]:
    return set(CachedProduct.objects.present().values_list("evotor_id", flat=True))


def product(product_id: str) -> CachedProduct:
    return CachedProduct.objects.get(evotor_id=product_id)


def test_a_refresh_brings_stores_groups_and_products_into_the_mirror(read, connection):
    result = read()
    assert (result.stores, result.skipped, result.products, result.written, result.vanished) == (1, 0, 5, 5, 0)
    assert result.complete and not result.errors and not result.connection_fault
    store = CachedStore.objects.get()
    assert (store.evotor_id, store.name, store.error) == ("S", "Центр", "")
    assert store.complete_at is not None
    assert list(CachedGroup.objects.order_by("pk").values_list("evotor_id", "parent_id", "name")) == [
        ("green", "tea", "Зелёный"),
        ("tea", "", "Чай"),
    ]
    assert product("b").parent_id == "green"
    assert product("b").price == Decimal("120.00")
    connection.refresh_from_db()
    assert connection.is_online and connection.last_checked_at


def test_a_first_reading_tells_on_the_way_how_many_goods_there_are(connection, till):
    told, pages = mock.Mock(), []
    told.update.side_effect = lambda *_task, **_done: pages.append(CachedStore.objects.get().goods)
    refresh(connection, client=till, progress=told)
    assert pages == [2, 4, 5]


def test_figures_that_a_killed_reading_left_behind_are_put_right(read):
    read()
    CachedStore.objects.update(goods=3)
    assert read().products == 5


def test_each_store_is_told_before_it_is_asked(connection):
    """Whoever holds the till lives on by that, however long each store hangs."""
    hangs = {"groups": TransientError(None, "no answer within 30 s")}
    till, told = Till(S=Shop(errors=hangs), T=Shop(name="Рынок", errors=hangs)), mock.Mock()
    refresh(connection, client=till, progress=told)
    assert [call.args for call in told.add_task.call_args_list] == [("Центр",), ("Рынок",)]


def test_a_run_is_kept_with_its_counts(read):
    read()
    run = RefreshRun.objects.get()
    assert (run.complete, run.groups, run.products, run.written, run.vanished) == (True, 2, 5, 5, 0)
    assert run.started_at <= run.finished_at


def test_an_unchanged_refresh_writes_no_row_of_the_mirror(read):
    read()
    with CaptureQueriesContext(database) as queries:
        result = read()
    assert (result.written, result.products, result.complete) == (0, 5, True)
    written = writes(queries)
    assert set(written) == {"evotor_connections", "refresh_runs", "cached_stores"}
    # Of the store only that it was read.
    assert len(written["cached_stores"]) == 1
    assert re.findall(r'[`"](\w+)[`"] =', written["cached_stores"][0].partition(" WHERE ")[0]) == [
        "complete_at",
        "unreadable_since",
    ]


def test_a_page_is_compared_in_one_query(read, till):
    read()
    till.page = 1000
    with CaptureQueriesContext(database) as queries:
        read()
    compared = [query for query in queries if re.search(r'FROM [`"]cached_products[`"].* IN \(', query["sql"])]
    assert len(compared) == 1


def test_only_what_changed_is_written(read, shop):
    read()
    keys = dict(CachedProduct.objects.values_list("evotor_id", "pk"))
    shop.products["c"]["price"] = Decimal("135.00")
    shop.groups["tea"]["name"] = "Чаи"
    assert read().written == 1
    assert product("c").price == Decimal("135.00")
    assert CachedGroup.objects.get(evotor_id="tea").name == "Чаи"
    assert dict(CachedProduct.objects.values_list("evotor_id", "pk")) == keys


def test_a_refresh_leaves_the_merchants_category_of_a_group(read, shop):
    read()
    CachedGroup.objects.filter(evotor_id="tea").update(vk_category_id=7)
    shop.groups["tea"]["name"] = "Чаи"
    read()
    group = CachedGroup.objects.get(evotor_id="tea")
    assert (group.name, group.vk_category_id) == ("Чаи", 7)


def test_a_field_that_is_no_longer_told_is_not_tracked(read, shop):
    read()
    del shop.products["a"]["quantity"]
    read()
    assert product("a").quantity is None


def test_ids_keep_their_case(read, shop):
    shop.add("A", name="Другой")
    read()
    assert (product("A").name, product("a").name) == ("Другой", "Чай a")


def test_the_same_product_of_two_stores_is_two_rows(connection, shop):
    till = Till(S=shop, T=Shop(name="Юг", products=dict(shop.products)))
    result = refresh(connection, client=till)
    assert (result.stores, result.products) == (2, 10)


def test_a_product_listed_twice_is_one_row_with_the_later_words(read, till, shop):
    till.page = 1000
    shop.products["again"] = shop.products["a"] | {"name": "Чай новый"}
    read()
    assert len(present()) == 5
    assert product("a").name == "Чай новый"


# What goes wrong with one store


@pytest.mark.parametrize(
    "error, code, unreadable",
    [
        (NotInstalled(402, "no application"), "not_installed", True),
        (AccessDenied(403, "no scope"), "forbidden", True),
        (TransientError(502, "bad gateway"), "unavailable", False),
        (BadAnswer(None, "a cursor came twice"), "incomplete", False),
    ],
)
@pytest.mark.parametrize("kind", ["groups", "products"])
def test_a_store_that_fails_keeps_its_goods_and_lets_the_others_on(connection, shop, error, code, unreadable, kind):
    till = Till(S=shop, T=Shop(name="Юг"))
    till.shops["T"].add("t", name="Кофе")
    refresh(connection, client=till)
    shop.errors[kind] = error
    till.shops["T"].products["t"]["price"] = 99

    result = refresh(connection, client=till)

    assert (result.stores, result.skipped, result.complete, result.products) == (1, 1, False, 6)
    assert result.errors == [("Центр", code)]
    assert product("t").price == 99
    assert present() == {"a", "b", "c", "d", "e", "t"}
    store = CachedStore.objects.get(evotor_id="S")
    assert store.error == code
    assert (store.unreadable_since is not None) is unreadable
    run = RefreshRun.objects.filter(store=store).latest("pk")
    assert (run.complete, run.error, run.error_text) == (False, code, str(error))
    assert run.finished_at is not None


def test_unreadable_since_is_when_it_began_and_a_complete_read_clears_it(read, shop):
    read()
    shop.errors["products"] = NotInstalled(402, "no application")
    read()
    began = CachedStore.objects.get().unreadable_since
    shop.errors["products"] = AccessDenied(403, "no scope")
    read()
    assert CachedStore.objects.get().unreadable_since == began
    shop.errors["products"] = TransientError(500, "broken")
    read()
    assert CachedStore.objects.get().unreadable_since == began
    shop.errors.clear()
    assert read().complete
    store = CachedStore.objects.get()
    assert (store.unreadable_since, store.error) == (None, "")


def test_a_store_without_the_application_is_told_at_debug_alone(read, shop, caplog):
    read()
    shop.errors["products"] = NotInstalled(402, "no application")
    caplog.set_level("INFO")
    read()
    assert not caplog.records
    shop.errors["products"] = AccessDenied(403, "no scope")
    read()
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_store_that_is_no_longer_listed_keeps_everything(connection, till, shop):
    till.shops["T"] = Shop(name="Юг", products=dict(shop.products))
    refresh(connection, client=till)
    kept = till.shops.pop("T")

    result = refresh(connection, client=till)

    assert (result.stores, result.skipped, result.complete, result.products) == (1, 1, False, 10)
    assert result.errors == [("Юг", "missing")]
    store = CachedStore.objects.get(evotor_id="T")
    began = store.unreadable_since
    assert store.error == "missing" and began and store.absent_since
    refresh(connection, client=till)
    store.refresh_from_db()
    assert store.unreadable_since == began

    till.shops["T"] = kept
    assert refresh(connection, client=till).complete
    store.refresh_from_db()
    assert (store.error, store.unreadable_since, store.absent_since) == ("", None, None)


def test_a_store_gone_for_long_is_no_news(read, till, settings):
    read()
    del till.shops["S"]
    assert read().errors == [("Центр", "missing")]
    settings.STORE_STALE_HOURS = 0
    assert read().errors == []


# What goes wrong with the account


def test_a_token_that_is_not_accepted_stops_the_refresh_at_once(connection, till, shop):
    till.shops["T"] = Shop(name="Юг", products=dict(shop.products))
    refresh(connection, client=till)
    till.calls.clear()
    shop.errors["products"] = AuthenticationError(401, "unknown token")

    result = refresh(connection, client=till)

    assert result.connection_fault == ConnectionFault.TOKEN
    assert not result.complete and result.products == 10 and (result.stores, result.skipped) == (0, 2)
    assert till.calls == {"stores": 1, "groups": 1, "products": 1}
    connection.refresh_from_db()
    assert (connection.is_online, connection.last_error) == (False, "token")
    store = CachedStore.objects.get(evotor_id="S")
    assert (store.error, store.unreadable_since) == ("", None)
    run = RefreshRun.objects.latest("pk")
    assert (run.complete, run.finished_at is None) == (False, False)


@pytest.mark.parametrize(
    "error, fault",
    [(AuthenticationError(401, "no"), "token"), (TransientError(503, "later"), "unavailable")],
)
def test_a_list_of_stores_that_fails_is_the_connections_fault(read, till, connection, error, fault):
    read()
    till.error = error
    result = read()
    assert (result.connection_fault, result.complete, result.products) == (fault, False, 5)
    connection.refresh_from_db()
    assert (connection.is_online, connection.last_error) == (False, fault)
    assert CachedStore.objects.get().error == ""
    till.error = None
    read()
    connection.refresh_from_db()
    assert (connection.is_online, connection.last_error) == (True, "")


def test_a_token_replaced_meanwhile_is_not_blamed_for_the_old_one(read, till, connection):
    read()
    connection_of_the_page = type(connection).objects.get(pk=connection.pk)
    connection_of_the_page.access_token = "the new one"
    connection_of_the_page.save()
    till.error = AuthenticationError(401, "unknown token")
    assert read().connection_fault == "token"
    connection.refresh_from_db()
    assert (connection.is_online, connection.last_error) == (True, "")


def test_without_a_token_nothing_is_asked(till):
    result = refresh(EvotorConnectionFactory(access_token=""), client=till)
    assert result.connection_fault == ConnectionFault.NOT_CONNECTED
    assert not till.calls


def test_a_bug_closes_the_run_and_goes_on_to_whoever_called(read, till, monkeypatch):
    monkeypatch.setattr(till, "products", lambda store_id: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        read()
    assert RefreshRun.objects.get().finished_at is not None
