"""Catalogs such as no manual describes: the odd product ends in words, the good one beside it in VK."""

import pytest

from vkmarket.models import AlbumListing, Listing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("naps")]

LONG = "я" * 5000
ODD = {
    "price that is none": {"price": "дорого"},
    "price NaN": {"price": float("nan")},
    "endless price": {"price": 1e300},
    "price below zero": {"price": -5},
    "price of three places": {"price": 10.005},
    "price as a list": {"price": [1]},
    "no price": {"price": None},
    "quantity that is none": {"quantity": "много"},
    "endless quantity": {"quantity": 1e18},
    "quantity far below zero": {"quantity": -1e18},
    "quantity as a list": {"quantity": {"a": 1}},
    "no type": {"type": None},
    "type as a number": {"type": 7},
    "long type": {"type": LONG},
    "missing group": {"parent_id": "00000000-0000-4000-8000-00000000dead"},
    "group as a number": {"parent_id": 7},
    "group is the product": {"parent_id": "self"},
    "long name": {"name": LONG},
    "name as a number": {"name": 12345},
    "name of spaces": {"name": "   "},
    "name of controls": {"name": "\x00\x01\x02\x1b[31m"},
    "name of half a pair": {"name": "Чай \ud83d чёрный"},
    "long description": {"description": LONG * 2},
    "description of links": {"description": "https://example.com https://t.me/x www.ru shop.рф"},
    "description as a list": {"description": ["a"]},
    "long measure": {"measure_name": LONG},
    "barcodes as text": {"barcodes": "4600000000000"},
    "barcodes of numbers": {"barcodes": [4600000000000, None, {}]},
    "long barcode": {"barcodes": [LONG]},
    "long article": {"article_number": LONG},
    "for sale as text": {"allow_to_sell": "да"},
    "long id": {"id": "x" * 300},
    "id with a slash": {"id": "a/../b?c#d"},
}


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_product_does_not_harm_the_good_one_beside_it(shop, run_sync, kind):
    fields = {"name": "Товар странный", "price": "10.00"} | ODD[kind]
    if fields.get("parent_id") == "self":
        fields |= {"id": "11111111-1111-4111-8111-111111111111", "parent_id": "11111111-1111-4111-8111-111111111111"}
    shop.put(**fields)
    shop.put("Чай обычный")
    told = run_sync()
    assert "Чай обычный" in shop.titles(), told
    assert told.values.get("error") is None and told.values["failed"] == 0, told
    again = run_sync()
    assert (again.values["created"], again.values["updated"], again.values["waiting"]) == (0, 0, 0), again


GROUPS = {
    "emoji": "\N{PINEAPPLE}" * 160,
    "one letter": "Ж",
    "HTML": "<b>Чай</b> & <script>alert('чай')</script>",
    "line breaks": "Чай\r\nи\tкофе\x00",
    "long": LONG,
    "none": None,
    "empty": "",
}


@pytest.mark.parametrize("kind", GROUPS)
def test_an_odd_group_does_not_keep_its_goods_from_vk(shop, run_sync, sandbox, kind):
    drinks = sandbox.evotor.put_group(shop.store, {"name": GROUPS[kind]})
    plain = sandbox.evotor.put_group(shop.store, {"name": "Посуда"})
    shop.put("Чай обычный", parent_id=drinks)
    shop.put("Чашка белая", parent_id=plain)
    told = run_sync()
    assert told.code == 0, told
    assert shop.titles() == ["Чай обычный", "Чашка белая"]
    assert not AlbumListing.objects.exclude(blocked="").exists()
    assert not Listing.objects.exclude(lane=None).exists()
    assert run_sync().values["updated"] == 0
