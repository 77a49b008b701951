"""What changes while a round is on its way, and answers that no honest server gives."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from connections import linking
from connections.clients import vk_objects
from connections.models import VkConnection
from evosync.base.fields import PlainJSON
from sandbox import seed
from sandbox.vk_state import Community as VkCommunity
from tests.factories import CommunityFactory
from vkmarket import confirming, refreshing
from vkmarket.items import Item
from vkmarket.models import Listing, VkCachedProduct
from vkmarket.plan import Change, Kind

pytestmark = pytest.mark.django_db(transaction=True)
TEA = Item("Чай чёрный", "Крупный лист, пачка", Decimal("120.00"), 5, stock=5)


def test_unhide_is_no_alarm():
    hidden = replace(TEA, visible=False)
    assert not Change(Kind.UNHIDE, 1, hidden, replace(TEA, stock=0)).alarm


def test_unhide_price():
    hidden = replace(TEA, visible=False)
    assert not Change(Kind.UNHIDE, 1, hidden, replace(TEA, price=Decimal("300.00"))).alarm


def test_big_price():
    item = vk_objects.parse_item({"id": 1, "title": "x", "price": {"amount": "9" * 16}})
    row = refreshing._item_row(CommunityFactory(), item)
    row.save()
    assert VkCachedProduct.objects.get().price is None


def test_no_count(sandbox, sync, shop, monkeypatch):
    from connections.clients import vk

    real = vk.VkClient.execute

    def odd(self, calls, *options):
        found = real(self, calls, *options)
        return [
            vk.Ok({"items": f.value["items"]}) if c.method == "market.get" else f
            for c, f in zip(calls, found, strict=True)
        ]

    monkeypatch.setattr(vk.VkClient, "execute", odd)
    out = sync()
    assert out.code == 1


def test_check_races_with_linking(merchant, sandbox, monkeypatch):
    sandbox.vk.groups[900] = VkCommunity(id=900, name="Вторая", admins={seed.VK_USER_ID: 3}, market_enabled=True)
    real = linking._inspect

    def slow(*args, **kw):
        found = real(*args, **kw)
        monkeypatch.setattr(linking, "_inspect", real)
        linking.link_vk(merchant, seed.VK_TOKEN, 900)
        return found

    connection = VkConnection.objects.get(user=merchant)
    monkeypatch.setattr(linking, "_inspect", slow)
    linking.check_vk(connection)
    assert VkConnection.objects.get(user=merchant).group_id == 900


def test_unlinked_meanwhile(merchant, sandbox, shop, sync, meanwhile):
    shop.put("Чай чёрный")
    meanwhile(lambda: linking.unlink_vk(merchant), method="market.add", when="after")
    sync()
    connection = VkConnection.objects.get(user=merchant)
    assert not connection.is_online


def test_switched_off_meanwhile(merchant, sandbox, shop, sync, meanwhile):
    for n in range(60):
        shop.put(f"Товар номер {n:02}")
    from catalog.models import SyncConfig

    meanwhile(
        lambda: (SyncConfig.objects.update(enabled=False), __import__("django").db.connection.close()),
        method="market.add",
        when="after",
    )
    sync()
    assert len(shop.items()) < 60


def test_killed_between_mirror_and_compare(merchant, sandbox, shop, sync, later, monkeypatch):
    shop.put("Чай чёрный")
    sync()
    later(minutes=30)
    sandbox.vk.edit_by_hand(seed.VK_GROUP_ID, Listing.objects.get().vk_item_id, name="Чай моего деда")
    real = confirming.compare

    def die(*a, **k):
        raise ZeroDivisionError

    monkeypatch.setattr(confirming, "compare", die)
    with pytest.raises(ZeroDivisionError):
        sync()
    monkeypatch.setattr(confirming, "compare", real)
    later(minutes=30)
    assert sync().drift == 1


def test_many_long_texts_fit_into_one_statement():
    """MariaDB takes 16 MiB at once, and wishes are written 500 rows at a time, `wanted` and `sent` each."""
    long = json.dumps(replace(TEA, description="Ж" * 4000).to_json(), cls=PlainJSON)
    assert 500 * 2 * len(long.encode()) < 14 * 2**20
    lines = [str(Change(Kind.UPDATE, 1, TEA, replace(TEA, description="Я" * 4000)))] * 1000
    assert len(json.dumps(lines, cls=PlainJSON).encode()) < 2 * 2**20
