"""What changes while a round is on its way, and answers that no honest server gives."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection as database

from catalog.models import SyncConfig
from connections import linking
from connections.clients.vk import MOST_CALLS, Ok, VkClient, parse_item
from connections.models import VkConnection
from evosync.base.fields import PlainJSON
from sandbox import seed
from sandbox.vk_state import Community as VkCommunity
from tests.factories import CommunityFactory
from vkmarket import refreshing
from vkmarket.items import Item
from vkmarket.models import Listing, VkCachedProduct
from vkmarket.plan import Change, Kind

pytestmark = pytest.mark.django_db(transaction=True)
TEA = Item("Чай чёрный", "Крупный лист, пачка", Decimal("120.00"), 5, stock=5)


def test_a_price_that_fits_no_column_is_none():
    item = parse_item({"id": 1, "title": "Чай чёрный", "price": {"amount": "9" * 16}})
    refreshing.mirror_items([item], CommunityFactory())
    assert VkCachedProduct.objects.get().price is None


def test_a_list_without_its_count_is_no_answer_and_nothing_is_sent_upon_it(sync, shop, monkeypatch):
    shop.put("Чай чёрный")
    execute = VkClient.execute

    def tells_no_count(client, calls, *options):
        found = execute(client, calls, *options)
        return [
            Ok({"items": result.value["items"]}) if call.method == "market.get" else result
            for call, result in zip(calls, found, strict=True)
        ]

    monkeypatch.setattr(VkClient, "execute", tells_no_count)
    told = sync()
    assert (told.code, told.errors, shop.items()) == (1, ["vk:bad_answer"], [])


def test_a_check_that_ends_after_a_new_linking_leaves_that_alone(merchant, sandbox, monkeypatch):
    sandbox.vk.groups[900] = VkCommunity(id=900, name="Вторая", admins={seed.VK_USER_ID: 3}, market_enabled=True)
    inspect = linking._inspect

    def slowly(*args, **options):
        found = inspect(*args, **options)
        monkeypatch.setattr(linking, "_inspect", inspect)
        linking.link_vk(merchant, seed.VK_TOKEN, 900)
        return found

    monkeypatch.setattr(linking, "_inspect", slowly)
    linking.check_vk(VkConnection.objects.get(user=merchant))
    kept = VkConnection.objects.get(user=merchant)
    assert (kept.group_id, kept.community.group_id) == (900, 900)


def test_the_answer_to_a_call_is_kept_though_vk_was_disconnected_meanwhile(merchant, shop, sync, meanwhile):
    shop.put("Чай чёрный")
    meanwhile(lambda: linking.unlink_vk(merchant), method="market.add", when="after")
    sync()
    connection = VkConnection.objects.get(user=merchant)
    assert (connection.is_online, connection.access_token) == (False, "")
    assert [item["id"] for item in shop.items()] == [Listing.objects.get().vk_item_id]


def test_the_batch_that_is_out_is_the_last_once_the_switch_is_off(shop, sync, shelf, meanwhile):
    def switch_off():
        SyncConfig.objects.update(enabled=False)
        database.close()

    shelf(2 * MOST_CALLS + 10)
    meanwhile(switch_off, method="market.add", when="after")
    sync()
    assert len(shop.items()) == MOST_CALLS


def test_many_long_texts_fit_into_one_statement():
    """MariaDB takes 16 MiB at once, and wishes are written 500 rows at a time, `wanted` and `sent` each."""
    long = json.dumps(replace(TEA, description="Ж" * 4000).to_json(), cls=PlainJSON)
    assert 500 * 2 * len(long.encode()) < 14 * 2**20
    lines = [str(Change(Kind.UPDATE, 1, TEA, replace(TEA, description="Я" * 4000)))] * 1000
    assert len(json.dumps(lines, cls=PlainJSON).encode()) < 2 * 2**20
