"""Whole runs with many new goods: pictures of several batches go up at once, each good gets its own."""

import hashlib
import threading

import pytest

from sandbox import seed
from vkmarket import cards
from vkmarket.models import Listing

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("plain_cards")]


@pytest.fixture
def each_shows_its_own(sandbox, plain_cards):
    def check(count: int) -> None:
        group, color = sandbox.vk.groups[seed.VK_GROUP_ID], cards.DEFAULT_COLOR
        assert len(group.items) == count
        for item in group.items.values():
            own = {hashlib.sha256(plain_cards(item["name"], color, place)).hexdigest() for place in range(5)}
            assert group.photos[item["main_photo_id"]]["sha"] in own

    return check


def files(sandbox) -> list[int]:
    """How many files came in each upload that the host took."""
    return [len(e["params"]) - 1 for e in sandbox.journal.entries(method="upload") if e["committed"]]


def test_pictures_of_five_batches_cost_two_requests(shop, sync, sandbox, each_shows_its_own):
    for number in range(125):
        shop.put(f"Товар номер {number:03}")
    outcome = sync()
    assert (outcome.created, outcome.confirmed, outcome.waiting, outcome.failed) == (125, 125, 0, 0)
    each_shows_its_own(125)
    assert files(sandbox) == [5] * 25
    # Five batches of adds, two for the pictures; categories, a first read, confirming.
    assert outcome.requests <= 5 + 2 + 4


@pytest.mark.parametrize("sizes", [True, False])
def test_cards_are_drawn_ahead_once_each(shop, sync, sandbox, monkeypatch, each_shows_its_own, plain_cards, sizes):
    sandbox.vk.switches["bulk_sizes"] = sizes
    drawn = []

    def draw(name, color, place=None):
        drawn.append((name, threading.current_thread().name))
        return plain_cards(name, color, place)

    monkeypatch.setattr(cards, "draw", draw)
    for number in range(270):
        shop.put(f"Товар номер {number:03}")
    assert sync().created == 270
    each_shows_its_own(270)
    ahead = [name for name, thread in drawn if thread.startswith("cards")]
    assert len(ahead) == len(set(ahead)) == 270 - 125
    # Those that were sent in vain to learn how this community takes pictures are drawn once more.
    assert len(drawn) == 270 + (0 if sizes else 125)


def test_without_sizes_in_the_answer_it_works_singly(shop, sync, sandbox, each_shows_its_own):
    sandbox.vk.switches["bulk_sizes"] = False
    for number in range(160):
        shop.put(f"Товар номер {number:03}")
    outcome = sync()
    assert (outcome.created, outcome.confirmed) == (160, 160)
    each_shows_its_own(160)
    # Bulks were tried once, not with each call.
    assert sorted(files(sandbox)) == [1] * 160 + [5] * 25
    assert outcome.requests <= 160 * 0.14 + 20


def test_trouble_in_the_middle_mixes_up_nothing(shop, sync, sandbox, each_shows_its_own):
    for number in range(60):
        shop.put(f"Товар номер {number:03}")
    sandbox.faults.add("html", api="vk", method="upload", skip=3, times=2)
    sandbox.faults.add("error", api="vk", method="market.saveProductPhotoBulk", code=100, skip=5)
    outcome = sync()
    assert (outcome.created, outcome.confirmed, outcome.failed) == (60, 60, 0)
    each_shows_its_own(60)


def test_new_pictures_of_many_goods_go_up_at_once_too(shop, sync, merchant, sandbox):
    for number in range(60):
        shop.put(f"Товар номер {number:03}")
    sync()
    before = dict(Listing.objects.values_list("pk", "photo_id"))
    merchant.sync_config.card_color = "#AA2222"
    merchant.sync_config.save()
    mark = len(files(sandbox))
    outcome = sync()
    assert outcome.updated == 60
    assert files(sandbox)[mark:] == [5] * 12
    after = dict(Listing.objects.values_list("pk", "photo_id"))
    assert not set(before.values()) & set(after.values())
    assert len(set(after.values())) == 60
    assert sync().updated == 0


def test_what_was_uploaded_ahead_is_used_by_the_next_run(shop, sync, sandbox, later, each_shows_its_own):
    for number in range(60):
        shop.put(f"Товар номер {number:03}")
    # The token is refused at the second batch of adds.
    sandbox.faults.add("error", api="vk", method="execute", code=5, skip=4)
    assert sync().code == 1
    uploaded = Listing.objects.exclude(photo_id=None).count()
    assert uploaded == 60 and len(shop.items()) < 60
    # What the refusal caught is tried again after a while.
    later(minutes=2)
    sync()
    each_shows_its_own(60)
    assert sum(files(sandbox)) == 60


def test_a_card_uploaded_ahead_in_the_place_of_a_lost_picture_is_not_uploaded_again(shop, sync, sandbox):
    for number in range(60):
        sandbox.evotor.put_image(shop.store, shop.put(f"Товар номер {number:03}"), b"no picture at all")
    outcome = sync()
    assert (outcome.created, outcome.failed) == (60, 0)
    assert sum(files(sandbox)) == 60
