"""What Evotor has published is its API v1 and its webhooks; only what v2 has kept is held against it."""

import re

import pytest
from jsonschema import Draft7Validator

from sandbox import seed
from sandbox.evotor_documents import SIGNS
from sandbox.evotor_writes import MOST_MONEY
from tests.sandbox.conftest import clock, desk, evotor
from vkmarket.product_types import RULES

__all__ = ["clock", "desk", "evotor"]

# Fields of a product that are the same in both versions, by their names of now. Left out: `name`, whose limit of 100
# has become 160; `tax`, which has got new rates; `measure_name`, which may be any word; `barcodes`, whose pattern is
# of one digit by mistake.
FIELDS = {
    "price": "fieldPrice",
    "cost_price": "fieldCostPrice",
    "quantity": "fieldQuantity",
    "allow_to_sell": "fieldAllowToSell",
    "description": "fieldDescription",
    "code": "fieldCode",
    "article_number": "fieldArticleNumber",
    "alcohol_by_volume": "fieldAlcoholByVolume",
    "tare_volume": "fieldTareVolume",
}


def test_products_have_fields_as_published(evotor, definitions):
    rows = evotor.all(f"/stores/{seed.STORE_ID}/products")
    seen = set()
    for name, definition in FIELDS.items():
        judge = Draft7Validator(definitions[definition])
        for row in rows:
            if name in row:
                seen.add(name)
                assert [f"{name}: {error.message}" for error in judge.iter_errors(row[name])] == []
    assert seen == set(FIELDS)


def test_money_ends_where_it_is_published_to_end(definitions):
    assert float(MOST_MONEY) == definitions["fieldPrice"]["maximum"]


@pytest.mark.parametrize("kind", ["stores", "devices"])
def test_ids_of_stores_and_terminals_have_the_published_form(evotor, definitions, kind):
    form = re.compile(definitions["store" if kind == "stores" else "device"]["properties"]["uuid"]["pattern"].strip())
    rows = evotor.all(f"/{kind}")
    assert rows and all(form.match(row["id"]) and row["name"] for row in rows)


def test_terminals_tell_their_time_zone(evotor, definitions):
    judge = Draft7Validator(definitions["device"]["properties"]["timezoneOffset"])
    assert all(judge.is_valid(row["timezone_offset"]) for row in evotor.all("/devices"))


def test_the_kinds_of_documents_are_published_ones(definitions):
    assert SIGNS.keys() <= set(definitions["document"]["properties"]["type"]["enum"])


def test_our_rules_know_every_published_type_of_product(definitions):
    assert set(definitions["product"]["properties"]["type"]["enum"]) <= RULES.keys()
