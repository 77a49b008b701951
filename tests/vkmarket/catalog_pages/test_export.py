"""The table of goods for a spreadsheet: exactly what the list finds."""

import csv
import io

import pytest

from catalog.choices import set_choice
from vkmarket.catalog_pages import export

pytestmark = pytest.mark.django_db
ADDRESS = "/catalog/stores/STORE/products.csv"


def table(answer) -> list[list[str]]:
    content = b"".join(answer.streaming_content)
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_numbers_have_commas_and_texts_are_as_they_are(shop, owner, put):
    put('Чай "чёрный"; крупный', "green", price="1234.50", quantity="2.500", article_number="00017", in_vk=True)
    head, row = table(owner.get(ADDRESS))
    assert len(head) == len(row) == 14
    assert row[1:8] == ['Чай "чёрный"; крупный', "Чай / Зелёный чай", "00017", "", "1234,50", "2,5", "шт"]
    assert row[8:10] == ["да", "В ВК"] and row[11] == "1234,50" and row[12] == "7"
    assert row[13].startswith("https://vk.com/market-")


@pytest.mark.parametrize("name", ["=1+1", "+7 900", "-скидка", "@user", "\tтаб", "\rвозврат"])
def test_what_looks_like_a_formula_is_text(shop, owner, put, name):
    put(name, article_number=name, price="5.00", quantity="-1.000")
    _head, row = table(owner.get(ADDRESS))
    assert row[1] == f"'{name}" and row[3] == f"'{name}"
    # Numbers are ours: a negative stock stays one.
    assert row[6] == "-1"


def test_it_holds_exactly_what_is_filtered(shop, owner, put, monkeypatch):
    monkeypatch.setattr(export, "CHUNK", 2)
    for number in range(5):
        put(f"Чай {number}", "green")
    put("Сахар")
    names = lambda **query: [row[1] for row in table(owner.get(ADDRESS, query))[1:]]  # noqa: E731
    assert len(names()) == 6
    assert names(q="чай", group="tea") == [f"Чай {number}" for number in range(5)]
    assert names(group="ungrouped") == ["Сахар"]
    assert names(state="shown") == []


def test_it_is_in_the_order_of_the_page(owner, put, monkeypatch):
    monkeypatch.setattr(export, "CHUNK", 2)
    for name, price in (("Ёлка", "3.00"), ("яблоко", "1.00"), ("Арбуз", "2.00"), ("ежевика", "4.00")):
        put(name, price=price)
    names = lambda **query: [row[1] for row in table(owner.get(ADDRESS, query))[1:]]  # noqa: E731
    assert names() == ["Арбуз", "ежевика", "Ёлка", "яблоко"]
    assert names(sort="dear") == ["ежевика", "Ёлка", "Арбуз", "яблоко"]


def test_choices_and_reasons_are_those_of_the_page(shop, owner, put):
    put("Чай", "green")
    put("Ваза", in_vk=True, listing={"lane": 5, "blocked": "refused", "error_code": 1408})
    assert table(owner.get(ADDRESS))[1][9:11] == ["ВК отклонил", "ВК не принял ссылки в описании"]
    set_choice(shop.user, "group", "tea", "STORE", "exclude")
    _head, _vase, row = table(owner.get(ADDRESS))
    assert row[8:11] == ["нет", "Выключен", "Товар, его группа или магазин выключены"]
