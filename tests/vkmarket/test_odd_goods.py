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


def test_odd_products_do_not_harm_the_good_one_beside_them(shop, run_sync, sandbox):
    # Past the doors of the sandbox's till, which would not take all of this.
    shelf = sandbox.evotor.shelves[shop.store].products
    for number, (kind, fields) in enumerate(ODD.items()):
        product = fields.get("id") or f"{number:08}-1111-4111-8111-111111111111"
        shop.put(f"Странный: {kind}", id=product)
        odd = {name: product if value == "self" else value for name, value in fields.items()}
        row = shelf.rows[product] | odd
        shelf.put(product, {name: value for name, value in row.items() if value is not None})
    shop.put("Чай обычный")
    told = run_sync()
    assert "Чай обычный" in shop.titles(), told
    assert (told.code, told.values["failed"], told.values["errors"]) == (0, 0, []), told
    assert told.values["confirmed"] > len(ODD) / 2 and told.values["held"] > 0
    for title in shop.titles():
        assert 4 <= len(title.encode("cp1251")) <= 100
    again = run_sync()
    assert [again.values[name] for name in ("created", "updated", "hidden", "waiting")] == [0, 0, 0, 0], again


GROUPS = {
    "plain": "Посуда",
    "emoji": "\N{PINEAPPLE}" * 160,
    "one letter": "Ж",
    "HTML": "<b>Чай</b> & <script>alert('чай')</script>",
    "line breaks": "Чай\r\nи\tкофе\x00",
    "long": LONG,
    "none": None,
    "empty": "",
}


def test_odd_groups_do_not_keep_their_goods_from_vk(shop, run_sync, sandbox):
    for kind, name in GROUPS.items():
        shop.put(f"Товар: {kind}", parent_id=sandbox.evotor.put_group(shop.store, {"name": name}))
    told = run_sync()
    assert (told.code, told.values["confirmed"], told.values["waiting"]) == (0, len(GROUPS), 0), told
    assert len(shop.titles()) == len(GROUPS)
    assert not AlbumListing.objects.exclude(blocked="").exists()
    assert run_sync().values["updated"] == 0


ODD_NAMES = {
    "emoji": "\N{PINEAPPLE}" * 160,
    "one letter": "Ж",
    "HTML": "<b>Чай</b> & <script>alert('чай')</script> <i>чёрный</i>",
    "quotes": "Чай \"Ахмад\" «Эрл Грей» 'чёрный' \\",
    "line breaks": "Чай\r\nчёрный\tкрупнолистовой\u2028весовой\x00",
    "long": "Очень " * 60,
}


@pytest.mark.parametrize("kind", ODD_NAMES)
def test_an_odd_name_ends_as_a_legal_one_or_a_hold_with_a_reason(shop, run_sync, kind):
    shop.put(ODD_NAMES[kind])
    shop.put("Чай обычный")
    told = run_sync()
    assert told.code == 0, told
    assert told.values["created"] + told.values["held"] == told.values["confirmed"] + told.values["held"] == 2
    assert told.values["failed"] == 0 and "Чай обычный" in shop.titles()
    for title in shop.titles():
        assert 4 <= len(title.encode("cp1251")) <= 100
        assert not set(title) & set("<>\r\n\t\0")
    held = Listing.objects.filter(vk_item_id=None)
    assert {listing.hold for listing in held} <= {"no_legal_name"}


def test_a_product_without_a_name_is_passed_over_and_what_it_was_stays(shop, shelf, run_sync):
    tea, _coffee = shelf(2)
    run_sync()
    shop.put(None, id=tea)
    shop.put("Товар новый")
    for _again in range(3):
        assert run_sync().values["hidden"] == 0
    assert shop.titles() == ["Товар новый", "Товар номер 00", "Товар номер 01"]


def test_a_catalog_of_nameless_products_ends_in_words(shop, run_sync):
    shop.put(None)
    told = run_sync.told()
    assert shop.items() == []
    assert told.code in (0, 1)
