"""What EvoSync asks of VK, against the parameters that VK has published: whole runs, as they go over the wire."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from catalog.choices import set_choice
from connections import linking
from connections.clients import vk, vk_calls
from tests.vkmarket.conftest import later

__all__ = ["later"]

pytestmark = pytest.mark.django_db(transaction=True)

# A method that stands as a word in our code.
NAMED = re.compile(r'"((?:market|groups|users|photos)\.[A-Za-z]+)"')
ODD = {
    "🍎" * 160: {},
    "Ы": {"price": "0.29"},
    'Чай <b>«Ахмад»</b> & "Ко"\n№ 5': {"price": "9999999.99", "quantity": 5_000_000},
    "Сыр, кг": {"measure_name": "кг", "quantity": 0.3, "price": 999.9},
    "Ремонт обуви и сумок, очень длинное название " * 3: {"quantity": -175},
    "Доставка по городу": {"type": "SERVICE"},
}


def named_methods() -> set[str]:
    rooms = [Path(settings.BASE_DIR) / room for room in ("connections", "vkmarket", "catalog", "accounts", "evosync")]
    return {name for room in rooms for path in room.rglob("*.py") for name in NAMED.findall(path.read_text())}


@pytest.fixture
def held(sandbox, schema):
    """Hold all that was asked so far against the schema; the methods that were asked."""

    def check() -> set[str]:
        calls = [entry for entry in sandbox.journal.entries(api="vk") if entry["method"] not in ("execute", "upload")]
        wrong = [error for entry in calls for error in schema.wrong_request(entry["method"], entry["params"])]
        assert wrong == []
        return {entry["method"] for entry in calls}

    return check


@pytest.fixture
def patient(settings):
    """What is proven only after VK's read lag is proven at once."""
    settings.VK_READ_LAG = 0


def test_every_call_of_a_shops_life_is_as_published(shop, sync, sandbox, merchant, held, later, patient):
    tea = sandbox.evotor.put_group(shop.store, {"name": "Чай и кофе"})
    sweets = sandbox.evotor.put_group(shop.store, {"name": "Сладости"})
    goods = [shop.put(f"Товар номер {number:02}", parent_id=tea) for number in range(30)]
    for name, fields in ODD.items():
        shop.put(name, **fields)
    assert sync().created >= 30
    first, second, third, fourth, *_rest = goods
    shop.put("Товар с новым именем", id=first, parent_id=tea, price="0.01", description="Новое описание")
    shop.put("Товар номер 01", id=second, parent_id=sweets, quantity=0)
    set_choice(merchant, "product", third, shop.store, "exclude")
    sandbox.evotor.put_group(shop.store, {"name": "Чай", "id": tea})
    merchant.sync_config.card_color, merchant.sync_config.delete_absent = "#AA2222", True
    merchant.sync_config.save()
    shop.remove(fourth)
    for _run in range(3):
        later(minutes=30)
        assert sync().code == 0
    set_choice(merchant, "product", third, shop.store, "inherit")
    sync()
    assert held() == named_methods()


def test_the_calls_without_bulks_are_as_published_too(shop, sync, sandbox, held):
    sandbox.vk.switches["bulk_sizes"] = False
    for number in range(30):
        shop.put(f"Товар номер {number:02}")
    sync()
    assert {"market.saveProductPhoto", "market.saveProductPhotoBulk"} <= held()


def test_connecting_asks_what_is_published(merchant, held):
    linking.check_vk(merchant.vk)
    assert {"users.get", "groups.getById"} <= held()


@pytest.mark.parametrize(
    "call",
    [
        vk.get_items(-1, offset=0),
        vk.get_albums(-1, offset=0),
        vk.get_by_id(-1, range(1, 101)),
        vk.add_album(-1, "я" * 128),
        vk.edit_album(-1, 1, "я" * 128),
        vk.add_to_album(-1, range(1, 26), [1]),
        vk.remove_from_album(-1, 1, [1, 2]),
        vk.delete_item(-1, 1),
        vk.upload_server(1),
        vk.upload_server(1, bulk=True),
        vk.save_photo("{}"),
        vk.save_photo_bulk("{}"),
    ],
    ids=lambda call: call.method,
)
def test_calls_at_their_limits_are_as_published(schema, call):
    assert schema.wrong_request(call.method, vk_calls.as_form(call.params)) == []
