"""A shop that was filled by hand, and then connected: over real HTTP."""

import pytest

from catalog.choices import set_choice
from catalog.models import SyncConfig, SyncFilter
from catalog.refreshing import refresh
from sandbox import seed
from vkmarket import answering, matching, previews, rounds, tasks
from vkmarket.models import Listing, Match
from vkmarket.reasons import Block

pytestmark = pytest.mark.django_db(transaction=True)
GROUP = seed.VK_GROUP_ID


class Killed(BaseException):
    """The worker is no more."""


TAKE, LEAVE = Match.Answer.TAKE, Match.Answer.LEAVE


@pytest.fixture
def community(merchant):
    return merchant.vk.community


@pytest.fixture
def by_hand(sandbox):
    """An item that the merchant made in VK."""
    return lambda name, **fields: sandbox.vk.add_foreign_item(GROUP, name=name, **fields)


@pytest.fixture
def raw(sandbox):
    """An item as VK keeps it."""
    return lambda item_id: dict(sandbox.vk.groups[GROUP].items[item_id])


@pytest.fixture
def off(merchant):
    """The master switch is off: `off()`; and on again: `off(False)`."""

    def switch(off=True):
        SyncConfig.objects.filter(user=merchant).update(enabled=not off)

    switch()
    return switch


@pytest.fixture
def look(merchant):
    """A whole cycle while the switch is off: till and VK are read."""

    def cycle():
        refresh(merchant.evotor)
        return tasks.publish_slice(merchant.vk.pk, read=True)

    return cycle


@pytest.fixture
def filled(shop, by_hand):
    """Tea and coffee stand in VK already, coffee under another title; so does a card that no till knows."""
    shop.put("Чай чёрный", price="150.00")
    shop.put("Кофе молотый", article_number="К-7")
    shop.put("Сахар")
    tea = by_hand("ЧАЙ ЧЁРНЫЙ", price=10_000, description="Мой любимый чай", main_photo_id=17)
    coffee = by_hand("Арабика", sku="К-7", main_photo_id=18)
    return tea, coffee, by_hand("Подарочный сертификат")


def answers():
    return dict(Match.objects.order_by("item_id").values_list("item_id", "answer"))


def say(community, answer, *items):
    rows = Match.objects.filter(item_id__in=items) if items else Match.objects.all()
    return answering.say(community, rows, answer)


def test_what_stands_there_already_is_not_created_before_the_merchant_has_answered(filled, shop, sync, raw):
    tea, coffee, _card = filled
    before = [raw(item) for item in filled]
    told = sync()
    assert (told.created, told.held, told.failed, told.reasons) == (1, 2, 0, {"match": 2})
    assert answers() == {tea: "open", coffee: "open"}
    assert dict(Match.objects.values_list("item_id", "why")) == {tea: "title", coffee: "sku"}
    assert set(Listing.objects.filter(blocked=Block.MATCH).values_list("wanted__name", flat=True)) == {
        "Чай чёрный",
        "Кофе молотый",
    }
    assert [raw(item) for item in filled] == before
    assert sync().created == 0 and answers() == {tea: "open", coffee: "open"}


def test_taken_items_become_the_products_and_nothing_stands_there_twice(
    filled, shop, sync, raw, community, later, writes
):
    tea, coffee, card = filled
    untouched, pictures = raw(card), [raw(item)["main_photo_id"] for item in (tea, coffee)]
    sync()
    assert say(community, TAKE) == 2
    assert sync(refresh=False).created == 0
    assert shop.titles() == ["Кофе молотый", "Подарочный сертификат", "Сахар", "Чай чёрный"]
    assert len(shop.items()) == 4
    listings = {one.vk_item_id: one for one in Listing.objects.all()}
    for item, picture in zip((tea, coffee), pictures, strict=True):
        assert raw(item)["sku"] == listings[item].sku
        assert raw(item)["main_photo_id"] == picture
    assert raw(tea)["price"] == 15_000
    assert raw(card) == untouched
    later(minutes=20)
    sync()
    writes()
    assert (sync().confirmed, writes()) == (3, [])


def test_left_items_stay_and_the_products_appear_beside_them(filled, shop, sync, raw, community):
    before = [raw(item) for item in filled]
    sync()
    assert say(community, LEAVE) == 2
    assert sync(refresh=False).created == 2
    assert len(shop.items()) == 6
    assert [raw(item) for item in filled] == before
    assert sync().created == 0 and set(answers().values()) == {"leave"}


def test_a_second_answer_changes_nothing(filled, sync, community):
    tea, coffee, _card = filled
    sync()
    assert say(community, TAKE, tea) == 1
    assert say(community, TAKE, tea) == say(community, LEAVE, tea) == 0
    assert answers() == {tea: "take", coffee: "open"}


def test_pairs_are_there_before_the_first_run_and_answers_wait_for_it(
    filled, merchant, look, off, community, shop, sync
):
    tea, coffee, _card = filled
    assert look() == "frozen; mirror read, 3 changed, 2 to be matched"
    assert answers() == {tea: "open", coffee: "open"}
    assert not Listing.objects.exists()
    say(community, TAKE, tea)
    say(community, LEAVE, coffee)
    assert tasks.publish_slice(merchant.vk.pk) == "frozen, 0 to be matched"
    off(False)
    assert sync().created == 2
    assert shop.titles() == ["Арабика", "Кофе молотый", "Подарочный сертификат", "Сахар", "Чай чёрный"]


def test_an_answer_can_be_taken_back_until_something_has_followed(filled, look, off, community, sync):
    tea, coffee, _card = filled
    look()
    say(community, LEAVE)
    assert answering.ask_again(community) == 2
    assert answers() == {tea: "open", coffee: "open"}
    say(community, LEAVE, tea)
    off(False)
    sync()
    assert answering.ask_again(community) == 0
    assert answers() == {tea: "leave", coffee: "open"}


def test_a_choice_made_while_the_switch_is_off_finds_its_pairs(filled, merchant, off, shop):
    store = SyncFilter.Entity.STORE
    set_choice(merchant, store, shop.store, "", SyncFilter.Mode.EXCLUDE)
    tasks.publish_slice(merchant.vk.pk, read=True)
    assert answers() == {}
    set_choice(merchant, store, shop.store, "", SyncFilter.Mode.INCLUDE)
    tasks.publish_slice(merchant.vk.pk)
    assert len(answers()) == 2
    set_choice(merchant, store, shop.store, "", SyncFilter.Mode.EXCLUDE)
    tasks.publish_slice(merchant.vk.pk)
    assert answers() == {}


def test_a_pair_vanishes_with_its_item_and_the_product_is_created(filled, shop, sync, sandbox):
    tea, coffee, _card = filled
    sync()
    sandbox.vk.delete_by_hand(GROUP, tea)
    assert sync().created == 1
    assert answers() == {coffee: "open"}
    assert "Чай чёрный" in shop.titles()


def test_what_was_taken_stays_so_under_another_name(shop, by_hand, look, off, community, sync, raw):
    tea = shop.put("Чай чёрный")
    item = by_hand("Чай чёрный")
    look()
    say(community, TAKE)
    shop.put("Чай зелёный", id=tea)
    off(False)
    assert sync().created == 0
    assert (raw(item)["name"], len(shop.items())) == ("Чай зелёный", 1)


def test_several_of_a_name_are_told_and_appear_beside(shop, by_hand, sync, raw):
    shop.put("Чай чёрный")
    first, second = by_hand("Чай чёрный"), by_hand("Чай чёрный")
    before = raw(first), raw(second)
    assert sync().created == 1
    assert (raw(first), raw(second), len(shop.items())) == (*before, 3)
    assert answers() == {first: "unclear"}
    sync()
    assert answers() == {}


def test_a_preview_tells_what_is_asked_and_what_is_taken(filled, merchant, off, community):
    tea, coffee, _card = filled
    preview = previews.request(community)
    previews.make(preview.pk)
    preview.refresh_from_db()
    assert (preview.planned, preview.counts["held"]) == ({"create": 1}, 2)
    assert answers() == {tea: "open", coffee: "open"}
    say(community, TAKE, tea)
    again = previews.request(community)
    previews.make(again.pk)
    again.refresh_from_db()
    assert (again.planned, again.counts["held"]) == ({"create": 1, "update": 1}, 1)
    line = next(line for line in again.lines if line["kind"] == "update")
    assert line["fields"]["price"] == ["100.00", "150.00"]
    assert not Listing.objects.exists()


def test_a_stored_product_is_previewed_as_it_was_answered(filled, merchant, sync, community):
    sync()
    say(community, TAKE)
    preview = previews.request(community)
    previews.make(preview.pk)
    preview.refresh_from_db()
    assert (preview.planned, preview.counts["held"]) == ({"update": 2}, 0)


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
