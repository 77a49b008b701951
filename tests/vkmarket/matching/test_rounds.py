"""What rounds make of pairs and answers, whatever comes between: kills, other runs, answers that come late."""

import pytest

from vkmarket import matching, rounds, tasks
from vkmarket.models import Listing, Match

from .conftest import say

pytestmark = pytest.mark.django_db(transaction=True)
TAKE, LEAVE = Match.Answer.TAKE, Match.Answer.LEAVE


class Killed(BaseException):
    """The worker is no more."""


def test_many_prices_that_were_seen_beside_their_items_are_not_asked_again(shop, by_hand, sync, community):
    for number in range(12):
        shop.put(f"Товар номер {number}", price="900.00")
        by_hand(f"Товар номер {number}", price=10_000)
    sync()
    assert say(community, TAKE) == 12
    told = sync(refresh=False)
    assert (told.status, told.updated, told.held) == ("done", 12, 0)
    assert set(shop.prices().values()) == {900}


def test_a_wish_that_nobody_has_seen_is_looked_at_anew(shop, by_hand, look, off, sync, community):
    products = [shop.put(f"Товар номер {number}") for number in range(12)]
    for number in range(12):
        by_hand(f"Товар номер {number}", price=10_000)
    look()
    say(community, TAKE)
    for number, product in enumerate(products):
        shop.put(f"Товар номер {number}", price="900.00", id=product)
    off(False)
    assert sync().status == "waiting"
    assert set(shop.prices().values()) == {100}


@pytest.mark.parametrize("moment", ["_bind", "_hold", "_write"])
@pytest.mark.parametrize("after", [False, True])
def test_a_killed_round_leaves_no_double_and_no_answer_behind(
    filled, shop, sync, community, monkeypatch, moment, after
):
    tea, coffee, _card = filled
    sync()
    say(community, TAKE, tea)
    say(community, LEAVE, coffee)
    real = getattr(matching, moment)

    def killed(*args):
        if after:
            real(*args)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(matching, moment, killed)
        with pytest.raises(Killed):
            sync(refresh=False)
    assert sync(refresh=False).created == 1
    assert shop.titles() == ["Арабика", "Кофе молотый", "Подарочный сертификат", "Сахар", "Чай чёрный"]


def test_the_slice_of_another_run_creates_nothing_that_nobody_has_compared(filled, shop, merchant, monkeypatch):
    """The wishes are stored, and then VK cannot be read: whoever sends next compares first."""
    with monkeypatch.context() as patched:
        patched.setattr(rounds.Round, "_judge", lambda self: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            tasks.publish_slice(merchant.vk.pk, read=True)
    assert Listing.objects.filter(blocked="").count() == 3
    tasks.publish_slice(merchant.vk.pk, plan=False)
    assert len(shop.items()) == 4


def test_an_answer_given_while_a_round_sends_is_followed_by_the_next(filled, shop, sync, community, meanwhile):
    sync()
    shop.put("Мёд липовый")
    meanwhile(lambda: say(community, TAKE), api="vk", method="market.add", when="before")
    sync()
    sync(refresh=False)
    assert len(shop.items()) == 5


def test_nobody_is_asked_where_nothing_was_made_by_hand(shop, sync, django_assert_max_num_queries, community):
    shop.put("Чай чёрный")
    sync()
    with django_assert_max_num_queries(3):
        matching.renew(community, iter(()))
