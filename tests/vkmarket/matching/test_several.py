"""Several items that were made by hand are like one product, or one is like several: over real HTTP."""

import pytest

from vkmarket import answering
from vkmarket.models import Match

from .conftest import GROUP, answers, say

pytestmark = pytest.mark.django_db(transaction=True)
TAKE, LEAVE = Match.Answer.TAKE, Match.Answer.LEAVE


@pytest.fixture
def twins(shop, by_hand):
    """Two items of one product's name."""
    shop.put("Чай чёрный", price="150.00")
    return by_hand("Чай чёрный", price=10_000), by_hand("Чай чёрный", price=20_000)


def test_of_several_of_a_name_the_merchant_chooses_one(twins, shop, sync, raw, community):
    first, second = twins
    before = raw(first)
    assert sync().reasons == {"match": 1} and len(shop.items()) == 2
    assert answers() == {first: "open", second: "open"}
    assert say(community, TAKE, second) == 1
    # Nobody is asked about the other any more.
    assert say(community, TAKE, first) == say(community, LEAVE, first) == 0
    told = sync(refresh=False)
    assert (told.created, len(shop.items()), raw(first), raw(second)["price"]) == (0, 2, before, 15_000)
    assert answers() == {second: "take"}
    sync()
    assert (len(shop.items()), raw(first)) == (2, before)


def test_two_items_are_never_taken_for_one_product(twins, sync, community, shop):
    sync()
    assert say(community, TAKE, *twins) == 0
    assert set(answers().values()) == {"open"} and sync().created == 0


def test_several_that_are_all_left_stay_and_the_product_appears_beside(twins, sync, raw, community, shop):
    before = [raw(item) for item in twins]
    sync()
    assert say(community, LEAVE, twins[0]) == 1
    assert sync().created == 0 and answers() == {twins[0]: "leave", twins[1]: "open"}
    assert say(community, LEAVE, twins[1]) == 1
    assert sync().created == 1 and [raw(item) for item in twins] == before


def test_a_chosen_item_that_vanishes_has_the_others_asked_about_again(twins, look, off, community, sandbox, sync):
    look()
    say(community, TAKE, twins[0])
    look()
    assert answers() == {twins[0]: "take"}
    sandbox.vk.delete_by_hand(GROUP, twins[0])
    look()
    assert answers() == {twins[1]: "open"}
    off(False)
    assert sync().created == 0 and say(community, TAKE, twins[1]) == 1


def test_a_choice_can_be_taken_back_until_something_has_followed(twins, look, off, community):
    look()
    say(community, TAKE, twins[0])
    assert answering.ask_again(community) == 1
    look()
    assert answers() == dict.fromkeys(twins, "open")


def test_an_item_like_several_products_is_told_and_they_appear_beside(shop, by_hand, sync, raw):
    shop.put("Чай чёрный")
    shop.put("Чай чёрный", price="90.00")
    item = by_hand("Чай чёрный")
    before = raw(item)
    assert sync().created == 2
    assert (raw(item), len(shop.items())) == (before, 3)
