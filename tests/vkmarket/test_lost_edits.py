"""Calls that VK carried out for a worker that died over the answer, when by then something else is wished for."""

import pytest

from catalog.models import SyncConfig
from sandbox import seed
from vkmarket.market import Market
from vkmarket.models import Attempt, Listing


@pytest.fixture
def lose(sync, monkeypatch):
    """Run, and die between VK's answer to the first calls of this kind and its record."""
    send = Market.send

    def dying_over(kind: str) -> None:
        def send_and_die(self, calls, *until):
            answers = send(self, calls, *until)
            if Attempt.objects.filter(kind=kind, state=Attempt.State.SENT).exists():
                raise KeyboardInterrupt
            return answers

        with monkeypatch.context() as patch:
            patch.setattr(Market, "send", send_and_die)
            with pytest.raises(KeyboardInterrupt):
                sync()

    return dying_over


@pytest.fixture
def settle(sync, later):
    """What is read within VK's lag proves nothing; what is found after it goes with the next run."""

    def runs():
        sync()
        later(minutes=20)
        sync()
        return sync()

    return runs


@pytest.fixture
def tea(shop, sync, later):
    """A good that has been in VK for a while."""
    product = shop.put("Чай чёрный")
    sync()
    later(minutes=20)
    return product


def test_a_lost_hiding_does_not_keep_a_good_hidden_that_is_sold_again(shop, sync, sandbox, tea, lose, settle):
    sandbox.evotor.put_product(shop.store, {"id": tea, "allow_to_sell": False})
    lose("hide")
    assert shop.titles() == []
    sandbox.evotor.put_product(shop.store, {"id": tea, "allow_to_sell": True})
    outcome = settle()
    assert shop.titles() == ["Чай чёрный"] and outcome.drift == 0
    assert Attempt.objects.get(kind="hide").state == Attempt.State.ACCEPTED


def test_a_lost_name_does_not_stay(shop, sync, sandbox, tea, lose, settle):
    sandbox.evotor.put_product(shop.store, {"id": tea, "name": "Чай зелёный"})
    lose("update")
    assert shop.titles() == ["Чай зелёный"]
    sandbox.evotor.put_product(shop.store, {"id": tea, "name": "Чай чёрный"})
    assert settle().drift == 0 and shop.titles() == ["Чай чёрный"]


def test_a_lost_picture_does_not_stay(shop, sync, sandbox, tea, lose, settle):
    photo = shop.items()[0]["main_photo_id"]
    sandbox.evotor.put_product(shop.store, {"id": tea, "name": "Чай зелёный"})
    lose("photo")
    lost = shop.items()[0]["main_photo_id"]
    assert lost != photo
    sandbox.evotor.put_product(shop.store, {"id": tea, "name": "Чай чёрный"})
    settle()
    # The card of the name that it has now, uploaded once more.
    assert shop.items()[0]["main_photo_id"] not in (photo, lost)
    assert Listing.objects.get().sent["photo"] == Listing.objects.get().photo_source


def test_a_lost_deletion_is_no_hand_in_vk(shop, sync, tea, lose, settle):
    SyncConfig.objects.update(delete_absent=True)
    # A list that is empty proves nothing.
    shop.put("Кофе молотый")
    shop.remove(tea)
    lose("delete")
    assert "Чай чёрный" not in shop.titles()
    shop.put("Чай чёрный", id=tea)
    settle()
    assert shop.titles() == ["Кофе молотый", "Чай чёрный"]
    assert not Listing.objects.exclude(blocked="").exists()


def test_a_good_stays_in_no_album_that_a_lost_call_put_it_into(shop, sync, sandbox, lose, settle, later):
    green, black = (sandbox.evotor.put_group(shop.store, {"name": name}) for name in ("Зелёный чай", "Чёрный чай"))
    tea = shop.put("Чай с мятой", parent_id=green)
    shop.put("Чай чёрный", parent_id=black)
    sync()
    later(minutes=20)
    (first,) = albums_of(sandbox, "Чай с мятой")
    sandbox.evotor.put_product(shop.store, {"id": tea, "parent_id": black})
    lose("album_add")
    assert albums_of(sandbox, "Чай с мятой") not in ([], [first])
    sandbox.evotor.put_product(shop.store, {"id": tea, "parent_id": green})
    settle()
    assert albums_of(sandbox, "Чай с мятой") == [first]


def albums_of(sandbox, name: str) -> list[int]:
    (item,) = (row for row in sandbox.vk.items(seed.VK_GROUP_ID) if row["name"] == name)
    return sorted(item["album_ids"])


def test_what_a_hand_does_after_a_lost_call_is_a_hands(shop, sync, sandbox, tea, lose, settle, later):
    sandbox.evotor.put_product(shop.store, {"id": tea, "name": "Чай зелёный"})
    lose("update")
    sandbox.vk.edit_by_hand(seed.VK_GROUP_ID, shop.items()[0]["id"], name="Чай от руки")
    sandbox.evotor.put_product(shop.store, {"id": tea, "name": "Чай чёрный"})
    settle()
    later(minutes=20)
    assert sync().drift == 1 and shop.titles() == ["Чай от руки"]


def test_a_hand_that_does_much_later_what_got_lost_is_a_hand(shop, sync, sandbox, tea, lose, settle, later):
    sandbox.evotor.put_product(shop.store, {"id": tea, "allow_to_sell": False})
    lose("hide")
    item = shop.items()[0]["id"]
    # It has not happened after all.
    sandbox.vk.edit_by_hand(seed.VK_GROUP_ID, item, deleted=False)
    sandbox.evotor.put_product(shop.store, {"id": tea, "allow_to_sell": True})
    assert settle().drift == 0
    later(days=2)
    sandbox.vk.edit_by_hand(seed.VK_GROUP_ID, item, deleted=True)
    assert settle().drift == 1 and shop.titles() == []
