"""A shop that was filled by hand, and then connected: its pairs, and what becomes of each answer."""

import pytest

from catalog.choices import set_choice
from catalog.models import SyncFilter
from vkmarket import answering, previews, tasks
from vkmarket.models import Listing, Match
from vkmarket.reasons import Block

from .conftest import GROUP, answers, say

pytestmark = pytest.mark.django_db(transaction=True)
TAKE, LEAVE = Match.Answer.TAKE, Match.Answer.LEAVE


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
