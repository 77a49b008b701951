"""Nothing is gone because Evotor did not mention it once."""

import pytest

from catalog import absence
from catalog.models import CachedGroup, CachedProduct, CachedStore, RefreshRun
from connections.clients.errors import AuthenticationError, BadAnswer, TransientError

pytestmark = pytest.mark.django_db


def absent() -> dict[str, bool]:
    """Evotor's id -> whether absence is proven."""
    rows = CachedProduct.objects.exclude(absent_since=None).values_list("evotor_id", "absent_proven")
    return dict(rows)


def test_a_product_that_answers_404_is_gone_at_once(read, shop):
    read()
    del shop.products["a"]
    result = read()
    assert (result.vanished, result.products, result.complete) == (1, 4, True)
    assert absent() == {"a": True}
    assert RefreshRun.objects.latest("pk").vanished == 1
    assert read().vanished == 0


def test_without_an_answer_a_second_complete_run_proves_it(read, shop):
    read()
    del shop.products["a"]
    shop.errors["product"] = TransientError(503, "later")
    assert read().vanished == 1
    assert absent() == {"a": False}
    since = CachedProduct.objects.get(evotor_id="a").absent_since
    assert read().vanished == 0
    assert absent() == {"a": True}
    assert CachedProduct.objects.get(evotor_id="a").absent_since == since


def test_an_incomplete_run_proves_nothing(read, shop):
    read()
    del shop.products["a"]
    shop.errors["product"] = TransientError(503, "later")
    read()
    shop.errors["products"] = TransientError(503, "later")
    read()
    assert absent() == {"a": False}


def test_a_product_that_comes_back_is_as_if_it_never_was_gone(read, shop):
    read()
    gone = shop.products.pop("a")
    read()
    shop.products["a"] = gone
    result = read()
    assert (result.written, result.products) == (1, 5)
    assert absent() == {}
    assert CachedProduct.objects.filter(absent_proven=True).count() == 0
    assert read().written == 0


def test_an_empty_list_removes_nothing(read, shop):
    read()
    kept, shop.products = shop.products, {}
    for _again in range(3):
        result = read()
        assert (result.products, result.vanished, result.complete) == (5, 0, False)
        assert result.errors == [("Центр", "incomplete")]
    shop.products = kept
    assert read().complete


def test_a_new_shop_without_goods_is_no_fault(read, shop):
    shop.products.clear()
    result = read()
    assert (result.stores, result.errors, result.complete) == (1, [], False)
    assert CachedStore.objects.get().complete_at is None


@pytest.mark.parametrize("error", [TransientError(502, "bad gateway"), BadAnswer(None, "a cursor came twice")])
def test_a_list_that_breaks_off_removes_nothing_but_what_came_is_written(read, shop, error):
    read()
    del shop.products["e"]
    shop.products["a"]["price"] = 99
    shop.error_after, shop.errors["later"] = 1, error
    for _again in range(2):
        result = read()
        assert (result.products, result.vanished, result.complete) == (5, 0, False)
    assert CachedProduct.objects.get(evotor_id="a").price == 99


def test_a_list_that_ends_early_as_if_it_were_all_is_found_out(read, shop, till, monkeypatch):
    monkeypatch.setattr(absence, "ASKED", 2)
    read()
    shop.cut_at = 1
    for _again in range(3):
        result = read()
        assert (result.products, result.vanished, result.complete) == (5, 0, False)
        assert result.errors == [("Центр", "incomplete")]
    assert absent() == {}


def test_a_product_that_the_list_forgets_stays_when_it_answers_for_itself(read, shop):
    read()
    shop.unlisted = {"b"}
    shop.products["b"]["price"] = 77
    del shop.products["a"]
    result = read()
    assert (result.products, result.vanished, result.complete) == (4, 1, True)
    assert absent() == {"a": True}
    assert CachedProduct.objects.get(evotor_id="b").price == 77


def test_a_product_known_as_absent_comes_back_by_answering_for_itself(read, shop):
    read()
    shop.unlisted, shop.errors["product"] = {"b"}, TransientError(503, "later")
    read()
    assert absent() == {"b": False}
    del shop.errors["product"]
    assert read().products == 5
    assert absent() == {}


def test_at_most_so_many_products_are_asked_for_and_the_rest_waits_for_a_second_run(read, shop, till, monkeypatch):
    monkeypatch.setattr(absence, "ASKED", 2)
    read()
    for product_id in "abcd":
        del shop.products[product_id]
    assert read().vanished == 4
    assert till.calls["product"] == 2
    assert sorted(absent().values()) == [False, False, True, True]
    read()
    assert absent() == dict.fromkeys("abcd", True)
    assert till.calls["product"] == 4
    read()
    assert till.calls["product"] == 4


def test_unreadable_entries_may_be_any_of_those_not_met(read, shop):
    read()
    shop.products["a"]["name"] = None
    result = read()
    # The product itself is asked for, and its answer is no better.
    shop.errors["product"] = BadAnswer(None, "no product in the answer")
    for _again in range(2):
        result = read()
        assert (result.products, result.vanished, result.complete) == (5, 0, False)
    del shop.products["b"], shop.errors["product"]
    assert read().products == 4
    assert absent() == {"b": True}


def test_a_token_refused_while_asking_stops_the_refresh(read, shop):
    read()
    del shop.products["a"]
    shop.errors["product"] = AuthenticationError(401, "unknown token")
    result = read()
    assert (result.connection_fault, result.products) == ("token", 5)


def test_rows_of_another_reading_that_began_meanwhile_are_not_missed(read, shop, till):
    read()
    pages = till.products

    def somebody_adds(store_id):
        yield from pages(store_id)
        CachedProduct.objects.create(store=CachedStore.objects.get(), evotor_id="new", name="Новый", hash="0")

    till.products = somebody_adds
    assert read().products == 6
    assert absent() == {}


# Groups


def absent_groups() -> set[str]:
    return set(CachedGroup.objects.exclude(absent_since=None).values_list("evotor_id", flat=True))


def test_a_group_missing_from_a_complete_list_is_absent_and_may_return(read, shop):
    read()
    kept = shop.groups.pop("green")
    read()
    assert absent_groups() == {"green"}
    shop.groups["green"] = kept
    read()
    assert absent_groups() == set()


def test_an_empty_list_of_groups_proves_nothing(read, shop):
    read()
    shop.groups.clear()
    read()
    read()
    assert absent_groups() == set()


def test_a_second_list_proves_that_a_group_is_gone(read, shop):
    read()
    del shop.groups["green"]
    read()
    assert not CachedGroup.objects.filter(absent_proven=True).exists()
    read()
    assert set(CachedGroup.objects.filter(absent_proven=True).values_list("evotor_id", flat=True)) == {"green"}


def test_no_group_is_absent_while_a_group_is_unreadable(read, shop):
    read()
    shop.groups["green"]["name"] = ""
    read()
    assert absent_groups() == set()
