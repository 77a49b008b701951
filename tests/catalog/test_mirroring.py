import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import mirroring
from catalog.mirroring import group_row, product_row, searchable, store_row, usable_id
from catalog.models import CachedGroup, CachedProduct, CachedStore
from connections.clients.evotor_objects import parse_group, parse_product, parse_store
from connections.models import EvotorConnection
from tests.factories import CachedStoreFactory

STORE = CachedStore(pk=1, evotor_id="S")
TEA = {
    "id": "3b0c7a5e-9d0f-11e7-8a4e-5404a6b8c2d1",
    "name": "Чай чёрный",
    "type": "NORMAL",
    "parent_id": "tea",
    "price": Decimal("120.5"),
    "cost_price": Decimal("100.123"),
    "quantity": Decimal("-3.25"),
    "measure_name": "шт",
    "allow_to_sell": True,
    "description": "Крупный лист",
    "article_number": "ЧЧ-1",
    "code": "17",
    "barcodes": ["4600000000017"],
    "attributes_choices": {"size": "s"},
    "is_excisable": False,
    "is_age_limited": False,
    "updated_at": "2018-09-11T16:18:35.397+0000",
}


def row(**told) -> CachedProduct:
    return product_row(STORE, parse_product(TEA | told))


def test_a_product_is_kept_as_told():
    tea = row()
    assert (tea.evotor_id, tea.name, tea.type, tea.parent_id) == (TEA["id"], "Чай чёрный", "NORMAL", "tea")
    assert (str(tea.price), str(tea.cost_price), str(tea.quantity)) == ("120.50", "100.123", "-3.250")
    assert (tea.measure_name, tea.allow_to_sell, tea.description) == ("шт", True, "Крупный лист")
    assert (tea.article_number, tea.code, tea.barcodes) == ("ЧЧ-1", "17", ["4600000000017"])
    assert tea.attributes_choices == {"size": "s"}
    assert (tea.has_alcohol_fields, tea.is_excisable, tea.is_age_limited) == (False, False, False)
    assert tea.updated_at.isoformat() == "2018-09-11T16:18:35.397000+00:00"
    assert tea.search_text == "чай черный чч-1 17 4600000000017"


def test_what_is_not_told_is_empty_and_a_stock_not_told_is_not_tracked():
    bare = product_row(STORE, parse_product({"id": "x", "name": "Чай"}))
    assert (bare.price, bare.cost_price, bare.quantity, bare.updated_at) == (None, None, None, None)
    assert (bare.type, bare.parent_id, bare.description, bare.barcodes, bare.attributes_choices) == ("", "", "", [], {})
    assert bare.allow_to_sell is True
    assert row(quantity="").quantity is None
    assert row(quantity=0).quantity == 0


@pytest.mark.parametrize(
    "told, kept",
    [
        ("0.29", "0.29"),
        ("19.99", "19.99"),
        ("9999999.99", "9999999.99"),
        ("100.125", "100.13"),
        ("0.004", "0.00"),
        ("-0.001", "0.00"),
        ("-1", None),
        ("999999999999.99", "999999999999.99"),
        ("999999999999.999", None),
        ("1e12", None),
        ("1e-30", None),
        ("NaN", None),
        ("Infinity", None),
    ],
)
def test_a_price_arrives_to_the_kopeck_or_not_at_all(told, kept):
    price = row(price=Decimal(told)).price
    assert (None if price is None else str(price)) == kept


def test_texts_are_composed_and_cut_to_the_column_but_not_trimmed():
    assert row(name=unicodedata.normalize("NFD", "  Ёлка й ")).name == "  Ёлка й "
    assert len(row(name="😀" * 1200).name) == 1000
    assert row(name="a\0b\ud800c").name.isprintable()
    assert row(name="Чай &amp; «кофе»\n<b>").name == "Чай &amp; «кофе»\n<b>"


def test_an_alcohol_field_is_seen_whatever_its_value_says():
    assert row(alcohol_by_volume=Decimal("4.5")).has_alcohol_fields
    assert row(alcocodes=["0037066000001230001"]).has_alcohol_fields


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "Чай зелёный"},
        {"type": "SERVICE"},
        {"parent_id": "coffee"},
        {"price": Decimal("120.51")},
        {"cost_price": None},
        {"quantity": None},
        {"quantity": 0},
        {"measure_name": "кг"},
        {"allow_to_sell": False},
        {"description": ""},
        {"article_number": "ЧЧ-2"},
        {"code": "18"},
        {"barcodes": []},
        {"attributes_choices": {"size": "m"}},
        {"alcohol_by_volume": Decimal("4.5")},
        {"is_excisable": True},
        {"is_age_limited": True},
        {"updated_at": "2018-09-11T16:18:35.398+0000"},
    ],
)
def test_the_hash_covers_every_field_that_is_kept(changed):
    assert row(**changed).hash != row().hash


def test_the_hash_is_blind_to_how_a_number_was_written():
    assert row(price=Decimal("120.500"), quantity=Decimal("-3.250000")).hash == row().hash
    assert row(something_new="value").hash == row().hash


def test_the_hash_is_blind_to_the_order_of_choices():
    choices = {"size": "s", "colour": "red"}
    turned = dict(reversed(choices.items()))
    assert row(attributes_choices=choices).hash == row(attributes_choices=turned).hash


def test_a_change_in_how_rows_are_made_is_news_of_every_row(monkeypatch):
    before = row().hash
    monkeypatch.setattr(mirroring, "VERSION", mirroring.VERSION + 1)
    assert row().hash != before


def test_a_group_keeps_its_attributes():
    attributes = [{"id": "size", "name": "Размер", "choices": [{"id": "s", "name": "S"}]}]
    told = {"id": "g", "name": "Футболки", "attributes": attributes}
    group = group_row(STORE, parse_group(told))
    assert (group.name, group.parent_id, group.attributes) == ("Футболки", "", attributes)
    assert group.hash != group_row(STORE, parse_group({"id": "g", "name": "Футболки"})).hash
    assert group_row(STORE, parse_group({"id": "g", "name": "Футболки"})).attributes == []


def test_a_store_without_a_name_is_called_by_its_id():
    store = store_row(EvotorConnection(pk=1), parse_store({"id": "20170228-F4F1"}))
    assert (store.name, store.address) == ("20170228-F4F1", "")


def test_an_id_that_no_column_can_keep_as_it_came_is_not_usable():
    assert usable_id("20170228-F4F1-401B-80FA-9ECCA8451FFB")
    assert not any(map(usable_id, ["", "x" * 65, "a b", "a\0", "\ud800", None, 7]))


def test_a_search_folds_case_and_yo():
    assert searchable("Ёлка", "", "АРТ-1") == "елка арт-1"
    assert searchable(unicodedata.normalize("NFD", "Ёлка Йод")) == "елка йод"


@pytest.mark.django_db
@given(
    name=st.text(min_size=1),
    text=st.text(),
    number=st.decimals(allow_nan=True, allow_infinity=True),
    barcodes=st.lists(st.text()),
    group=st.text(),
)
def test_the_database_takes_whatever_a_till_says(name, text, number, barcodes, group):
    store = CachedStore.objects.first() or CachedStoreFactory()
    told = {"id": "p", "name": f"x{name}", "description": text, "article_number": text, "code": text}
    told |= {"price": number, "cost_price": number, "quantity": number, "barcodes": barcodes, "parent_id": group}
    made = product_row(store, parse_product(told))
    made.save()
    made.refresh_from_db()
    assert len(made.hash) == 32
    assert made.price is None or made.price >= 0
    made_group = group_row(store, parse_group({"id": "g", "name": f"x{name}", "attributes": [{"name": text}]}))
    made_group.save()
    CachedGroup.objects.all().delete()
    made.delete()
