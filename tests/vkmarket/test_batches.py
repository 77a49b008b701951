"""How much goes into one request: what VK cannot read is halved, and what is long is spread over several."""

from functools import partial
from types import SimpleNamespace

import pytest

from connections.clients import vk_calls
from connections.clients.errors import PermanentError
from connections.clients.vk import VkClient
from vkmarket import market, sending
from vkmarket.models import Attempt, Listing

pytestmark = pytest.mark.django_db


@pytest.fixture
def requests(monkeypatch):
    """The methods of each request that was made of VK; those with `requests.unreadable` in them it cannot read."""
    told, execute = SimpleNamespace(made=[], unreadable="", code=12), VkClient.execute

    def note(client, calls, *options):
        told.made.append([call.method for call in calls])
        if told.unreadable and any(told.unreadable in str(call) for call in calls):
            raise PermanentError(told.code, "unable to compile code", "execute")
        return execute(client, calls, *options)

    monkeypatch.setattr(VkClient, "execute", note)
    told.batches = lambda method: [methods.count(method) for methods in told.made if method in methods]
    return told


@pytest.mark.parametrize("code", [8, 12])
def test_the_add_that_vk_cannot_read_is_found_by_halves_and_refused_alone(shop, sync, sandbox, requests, code):
    for number in range(8):
        shop.put(f"Товар номер {number}")
    requests.unreadable, requests.code = "Товар номер 5", code
    outcome = sync()
    assert (outcome.created, outcome.failed, outcome.unknown, outcome.waiting) == (7, 1, 0, 0)
    assert sorted(requests.batches("market.add")) == [1, 1, 2, 2, 4, 4, 8]
    assert len(shop.items()) == len(sandbox.journal.entries(method="market.add")) == 7
    listing = Listing.objects.get(blocked="refused")
    assert (listing.error_code, listing.vk_item_id) == (code, None)
    assert not Attempt.objects.filter(in_flight__isnull=False).exists()
    # The next rounds leave it alone.
    assert sync().requests == sync().requests


def test_the_edit_that_vk_cannot_read_keeps_no_other_back(shop, sync, requests):
    goods = [shop.put(f"Товар номер {number}") for number in range(5)]
    sync()
    for number, product in enumerate(goods):
        shop.put(f"Товар номер {number}", f"11{number}.00", id=product)
    requests.unreadable = "113.00"
    outcome = sync()
    assert (outcome.updated, outcome.failed) == (4, 1)
    assert requests.batches("market.edit")[0] == 5
    assert sorted(shop.prices().values()) == [100, 110, 111, 112, 114]


def test_goods_whose_album_call_cannot_be_read_get_there_one_by_one(shop, sync, sandbox, requests):
    group = sandbox.evotor.put_group(shop.store, {"name": "Чай и кофе"})
    first = sandbox.vk.counters["item"] + 1
    for number in range(3):
        shop.put(f"Товар номер {number}", parent_id=group)
    # All of them together.
    requests.unreadable = "'item_ids': [" + ", ".join(str(first + number) for number in range(3)) + "]"
    outcome = sync()
    assert (outcome.failed, outcome.waiting) == (0, 0)
    assert requests.batches("market.addToAlbum") == [1, 3]
    assert all(item["album_ids"] for item in shop.items())


def test_adds_of_long_texts_go_in_several_requests(shop, sync, requests, monkeypatch):
    monkeypatch.setattr(sending, "BYTES", 3000)
    for number in range(6):
        shop.put(f"Товар номер {number}", description=f"Длинное описание {number}. " * 40)
    assert sync().created == 6
    assert requests.batches("market.add") == [1] * 6


def test_a_request_with_adds_holds_nothing_else(shop, sync, requests):
    goods = [shop.put(f"Товар номер {number}") for number in range(3)]
    sync()
    for number, product in enumerate(goods):
        shop.put(f"Товар номер {number}", id=product, price="135.00")
    shop.put("Товар новый")
    requests.made.clear()
    outcome = sync()
    assert (outcome.created, outcome.updated) == (1, 3)
    assert [methods for methods in requests.made if "market.add" in methods] == [["market.add"]]
    assert [methods for methods in requests.made if "market.edit" in methods] == [["market.edit"] * 3]


def test_what_is_too_much_for_one_answer_is_read_in_several(shop, sync, sandbox, requests, monkeypatch):
    monkeypatch.setattr(market, "MOST_ITEMS", 2)
    monkeypatch.setattr(market, "MOST_IDS", 2)
    monkeypatch.setattr(market.vk, "get_items", partial(vk_calls.get_items, count=2))
    for number in range(40):
        shop.put(f"Товар номер {number:02}")
    sandbox.vk.switches["execute_bytes"] = 25_000
    outcome = sync()
    assert (outcome.code, outcome.created, outcome.confirmed) == (0, 40, 40)
    requests.made.clear()
    assert sync().confirmed == 40
    reads = [len(methods) for methods in requests.made if "market.get" in methods]
    # The first page; nineteen more, which are too much, as nine are not: that is kept for the rest of the round.
    assert reads == [2, 19, 9, 9, 1]


def test_one_page_that_is_too_much_is_told(shop, sync, sandbox):
    shop.put("Чай чёрный")
    sync()
    sandbox.vk.switches["execute_bytes"] = 100
    assert sync().errors == ["vk:refused"]
