"""What the sandbox opens with: a merchant with two stores, a second one, communities, and tokens good and bad."""

from __future__ import annotations

import hashlib
import random
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox import evotor_images
from sandbox.evotor_shapes import ALL_SCOPES, number, stamp
from sandbox.seed_goods import GROUPS, LOOSE
from sandbox.vk_state import Community

EVOTOR_TOKEN = "5d1c0a9e-3f44-4d7b-9a56-0e2b7c81f001"
EVOTOR_USER_ID = "01-000000000000001"
EVOTOR_TOKEN_NO_QUANTITY = "5d1c0a9e-3f44-4d7b-9a56-0e2b7c81f002"
EVOTOR_TOKEN_NO_PRODUCTS = "5d1c0a9e-3f44-4d7b-9a56-0e2b7c81f003"
SECOND_EVOTOR_TOKEN = "8b7f2c10-6e0d-4c55-b1f2-47a9d3c0e002"
SECOND_EVOTOR_USER_ID = "01-000000000000002"

VK_TOKEN = "vk2.a.sandbox-owner"
VK_TOKEN_NO_SCOPE = "vk2.a.sandbox-without-market"
VK_TOKEN_NOT_ADMIN = "vk2.a.sandbox-stranger"
VK_TOKEN_EXPIRED = "vk2.a.sandbox-expired"
VK_TOKEN_COMMUNITY = "vk2.a.sandbox-community"
SECOND_VK_TOKEN = "vk2.a.sandbox-second-owner"
VK_USER_ID = 210_700_286
SECOND_VK_USER_ID = 210_700_287
STRANGER_VK_USER_ID = 210_700_288
VK_GROUP_ID = 225_463_001
VK_GROUP_NAME = "Лавка у реки"
SECOND_VK_GROUP_ID = 225_463_002
SECOND_VK_GROUP_NAME = "Пряности Тимофеевой"
# A community of the first merchant whose Products section is off.
VK_GROUP_MARKET_OFF = 225_463_003

STORE_ID = "20260115-F4F1-401B-80FA-9ECCA8451FFB"
OTHER_STORE_ID = "20260116-0A2C-40D7-8051-6B2F3C9D7E10"
SECOND_STORE_ID = "20260201-77B3-4E0C-80C9-1D5A0F6E4B22"
MISSING_GROUP_ID = "00000000-0000-4000-8000-00000000dead"

OPENED = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
SCOPES = ["market", "photos", "groups", "wall"]
VAT = ("NO_VAT", "VAT_10", "VAT_20", "VAT_22")
COLOURS = ("белый", "синий", "красный", "зелёный", "чёрный", "серый", "бежевый", "голубой")
# Goods that have a picture in Evotor's cloud; most real ones have none.
PICTURED = (
    "Чай зелёный «Сенча» 100 г", "Шоколад «Алёнка» молочный 90 г", "Мёд гречишный 350 г", "Матрёшка 5 мест",
    "Валенки серые, р. 42", "Кружка фарфоровая «Гжель» 350 мл",
)  # fmt: skip
SPICES = (
    "Корица молотая 20 г", "Куркума 50 г", "Зира целая 30 г", "Кардамон зелёный 10 г", "Паприка копчёная 40 г",
    "Имбирь сушёный 30 г", "Гвоздика 15 г", "Ваниль стручок", "Шафран иранский 1 г", "Сумах 50 г",
    "Хмели-сунели 40 г", "Перец сычуаньский 25 г",
)  # fmt: skip


def fill(evotor, vk, products: int | None = None, empty: bool = False) -> None:
    """Fill two blank worlds. `products` asks for about that many of the first merchant's goods."""
    _accounts(evotor)
    _people(vk)
    if not empty:
        _shop(evotor, products)
        _second_shop(evotor)


def _accounts(world) -> None:
    world.add_account(EVOTOR_TOKEN, EVOTOR_USER_ID)
    world.add_account(EVOTOR_TOKEN_NO_QUANTITY, EVOTOR_USER_ID, [one for one in ALL_SCOPES if "quantity" not in one])
    world.add_account(EVOTOR_TOKEN_NO_PRODUCTS, EVOTOR_USER_ID, ["store:read"])
    world.add_account(SECOND_EVOTOR_TOKEN, SECOND_EVOTOR_USER_ID)
    for store_id, name, address, user_id in (
        (STORE_ID, "Лавка на Набережной", "г. Калязин, Набережная ул., 4", EVOTOR_USER_ID),
        (OTHER_STORE_ID, "Лавка у вокзала", "г. Калязин, Вокзальная ул., 17", EVOTOR_USER_ID),
        (SECOND_STORE_ID, "Пряности", "г. Углич, Ярославская ул., 2", SECOND_EVOTOR_USER_ID),
    ):
        at = stamp(OPENED - timedelta(days=45))
        row = {"id": store_id, "name": name, "address": address, "user_id": user_id}
        world.add_store(row | {"created_at": at, "updated_at": at})
        shelf = world.shelves[store_id]
        device_id = store_id.replace("2026", "2025", 1)
        device = {"id": device_id, "name": "Эвотор 7.3", "store_id": store_id, "timezone_offset": 10_800_000}
        shelf.devices.put(device_id, device | {"user_id": user_id, "created_at": at, "updated_at": at})
        person: dict[str, Any] = {"id": device_id.replace("-40", "-41", 1), "name": "Ольга", "last_name": "Кассирова"}
        person |= {"stores": [store_id], "role": "CASHIER", "role_id": "CASHIER", "user_id": user_id}
        shelf.employees.put(person["id"], person | {"created_at": at, "updated_at": at})


def _people(world) -> None:
    for user_id, first, last in (
        (VK_USER_ID, "Марина", "Заречная"),
        (SECOND_VK_USER_ID, "Вера", "Тимофеева"),
        (STRANGER_VK_USER_ID, "Пётр", "Прохожий"),
    ):
        world.users[user_id] = {"id": user_id, "first_name": first, "last_name": last}
    for group_id, name, owner, enabled in (
        (VK_GROUP_ID, VK_GROUP_NAME, VK_USER_ID, True),
        (SECOND_VK_GROUP_ID, SECOND_VK_GROUP_NAME, SECOND_VK_USER_ID, True),
        (VK_GROUP_MARKET_OFF, "Лавка без товаров", VK_USER_ID, False),
    ):
        world.groups[group_id] = Community(id=group_id, name=name, admins={owner: 3}, market_enabled=enabled)
    world.add_token(VK_TOKEN, user_id=VK_USER_ID, scopes=SCOPES)
    world.add_token(VK_TOKEN_NO_SCOPE, user_id=VK_USER_ID, scopes=["wall", "groups"])
    world.add_token(VK_TOKEN_NOT_ADMIN, user_id=STRANGER_VK_USER_ID, scopes=SCOPES)
    world.add_token(VK_TOKEN_EXPIRED, user_id=VK_USER_ID, scopes=SCOPES, expires_at=OPENED)
    world.add_token(VK_TOKEN_COMMUNITY, kind="community", group_id=VK_GROUP_ID, scopes=["photos", "groups"])
    world.add_token(SECOND_VK_TOKEN, user_id=SECOND_VK_USER_ID, scopes=SCOPES)


def seeded_uuid(text: str) -> str:
    """The same lower-case UUID for the same text: version 1, 4 or 5, as in real catalogs."""
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    return str(uuid.UUID(bytes=digest, version=(1, 4, 5)[digest[0] % 3]))


def ean13(number_: int) -> str:
    """A barcode of the Russian range with a right check digit."""
    digits = f"46{number_ % 10**10:010}"
    odd, even = (sum(int(one) for one in digits[start::2]) for start in (0, 1))
    return f"{digits}{-(odd + 3 * even) % 10}"


class _Filler:
    """Puts the goods of `seed_goods` into stores; the same every time."""

    def __init__(self, world):
        self.world = world
        self.count = 0
        self.random = random.Random(20260301)

    def group(self, store_id: str, path: str) -> str:
        """A group by its path, parents first."""
        table = self.world.shelves[store_id].groups
        parent, _, name = path.rpartition(" / ")
        key = seeded_uuid(f"group {store_id} {path}")
        if key not in table.rows:
            row = self._owned(store_id, {"id": key, "name": name})
            if parent:
                row["parent_id"] = self.group(store_id, parent)
            table.put(key, row)
        return key

    def good(self, store_id: str, line: str, path: str | None) -> dict[str, Any]:
        """One line of the table as a product of a store; the same goods share code, barcode and article."""
        name, price, measure, options = ([*line.split(" | "), ""])[:4]
        words = dict(word.partition("=")[::2] for word in options.split())
        twin = random.Random(name)
        self.count += 1
        key = seeded_uuid(f"product {store_id} {name}")
        row = self._owned(store_id, {"id": key, "name": name, "type": words.get("type", "NORMAL")})
        row |= {"price": number(price), "measure_name": measure, "tax": twin.choice(VAT)}
        row |= {"quantity": self._stock(measure, words), "allow_to_sell": "hidden" not in words}
        if Decimal(price):
            # Averages of purchases: three digits after the point, as the cloud shows them.
            row["cost_price"] = number(
                (Decimal(price) * Decimal(twin.randint(550, 800)) / 1000).quantize(Decimal("0.001"))
            )
        if path:
            row["parent_id"] = self.group(store_id, path)
        if "bare" not in words:
            row["description"] = f"{name}. {_story(path, twin)}"
            row["article_number"] = f"{(path or 'Разное')[:2].upper()}-{twin.randint(100, 9999):04}"
            row["barcodes"] = [ean13(twin.randrange(10**10))]
        row["code"] = str(twin.randint(1, 99_999))
        return row | _special(words)

    def put(self, store_id: str, row: dict[str, Any]) -> None:
        self.world.shelves[store_id].products.put(row["id"], row)

    def _owned(self, store_id: str, row: dict[str, Any]) -> dict[str, Any]:
        at = stamp(OPENED - timedelta(hours=self.random.randint(1, 900), seconds=self.random.randint(0, 3599)))
        user_id = self.world.stores[store_id]["user_id"]
        return row | {"store_id": store_id, "user_id": user_id, "created_at": at, "updated_at": at}

    def _stock(self, measure: str, words: dict[str, str]) -> int | float:
        if "stock" in words:
            return number(words["stock"])
        whole = self.random.randint(1, 60)
        if measure in ("кг", "л", "м", "г"):
            return number(Decimal(whole * 1000 + self.random.randint(0, 999)) / 1000)
        return whole


def _special(words: dict[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    if "alcohol" in words:
        strength = number(words["alcohol"])
        row |= {"alcohol_by_volume": strength, "tare_volume": 0.5, "alcohol_product_kind_code": 200}
        row |= {"alcocodes": ["0150320000001234567"], "is_age_limited": True}
    if "age" in words:
        row["is_age_limited"] = True
    if "excise" in words:
        row["is_excisable"] = True
    return row


def _story(path: str | None, twin: random.Random) -> str:
    tail = twin.choice(
        (
            "Всегда в наличии, свежая поставка каждую неделю.",
            "Можно забрать в магазине или заказать доставку по городу.",
            "Проверенный поставщик, есть сертификаты.",
            "Хранить в сухом прохладном месте.",
        )
    )
    return f"Раздел «{path.rpartition(' / ')[2]}». {tail}" if path else tail


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


def _shop(world, products: int | None) -> None:
    """The first merchant's two stores: all goods in the first, those marked `both` in the second as well."""
    filler = _Filler(world)
    for path, text in [*GROUPS.items(), (None, LOOSE)]:
        for line in _lines(text):
            filler.put(STORE_ID, filler.good(STORE_ID, line, path))
            if "both" in line.split(" | ")[-1].split():
                filler.put(OTHER_STORE_ID, filler.good(OTHER_STORE_ID, line, path))
    _modifications(filler)
    _oddities(filler)
    for name in PICTURED:
        world.put_image(STORE_ID, seeded_uuid(f"product {STORE_ID} {name}"), evotor_images.draw(name))
    if products:
        _more(filler, products)


def _modifications(filler: _Filler) -> None:
    """A modification group: T-shirts by colour and size."""
    table = filler.world.shelves[STORE_ID].groups
    parent = filler.group(STORE_ID, "Одежда и обувь")
    key = seeded_uuid("modification group")
    choices = {"Цвет": ("белый", "чёрный"), "Размер": ("S", "M", "L")}
    attributes: list[dict[str, Any]] = [
        {
            "id": seeded_uuid(f"attribute {name}"),
            "name": name,
            "choices": [{"id": seeded_uuid(f"choice {name} {one}"), "name": one} for one in values],
        }
        for name, values in choices.items()
    ]
    row = filler._owned(STORE_ID, {"id": key, "name": "Футболка базовая", "attributes": attributes})
    table.put(key, row | {"parent_id": parent})
    for colour in attributes[0]["choices"]:
        for size in attributes[1]["choices"]:
            name = f"Футболка базовая {colour['name']} {size['name']}"
            good = filler.good(STORE_ID, f"{name} | 790.00 | шт | type=LIGHT_INDUSTRY_MARKED", None)
            chosen = {attributes[0]["id"]: colour["id"], attributes[1]["id"]: size["id"]}
            filler.put(STORE_ID, good | {"parent_id": key, "name": "Футболка базовая", "attributes_choices": chosen})


def _oddities(filler: _Filler) -> None:
    """Orphans, and products that say next to nothing about themselves."""
    orphan = filler.good(STORE_ID, "Пакет крафтовый (группа удалена) | 25.00 | шт", None)
    filler.put(STORE_ID, orphan | {"parent_id": MISSING_GROUP_ID})
    group = filler._owned(STORE_ID, {"id": seeded_uuid("orphan group"), "name": "Новинки"})
    filler.world.shelves[STORE_ID].groups.put(group["id"], group | {"parent_id": MISSING_GROUP_ID})
    novelty = filler.good(STORE_ID, "Чай с чабрецом «Новинка» 75 г | 175.00 | шт", None)
    filler.put(STORE_ID, novelty | {"parent_id": group["id"]})
    bare = seeded_uuid("bare product")
    filler.put(STORE_ID, filler._owned(STORE_ID, {"id": bare, "name": "Салфетка из микрофибры", "type": "NORMAL"}))
    filler.put(STORE_ID, filler.good(STORE_ID, "Стакан гранёный 250 мл | 79.00 | шт | both", "Дом / Посуда"))
    twin = filler.good(STORE_ID, "Стакан гранёный 250 мл | 79.00 | шт", "Дом / Посуда")
    # The same good entered twice, as happens.
    filler.put(STORE_ID, twin | {"id": seeded_uuid("entered twice")})


def _more(filler: _Filler, products: int) -> None:
    """Variations of the ordinary goods, until both stores together hold about that many."""
    shelves = [filler.world.shelves[one] for one in (STORE_ID, OTHER_STORE_ID)]
    lines = [(path, line) for path, text in GROUPS.items() for line in _lines(text)]
    have = sum(len(shelf.products.rows) for shelf in shelves)
    for at in range(products - have):
        path, line = lines[(at * 7) % len(lines)]
        name, price, *rest = line.split(" | ")
        colour = COLOURS[at // len(lines) % len(COLOURS)]
        name = f"{name}, {colour}, вариант {at // len(lines) + 1}"
        varied = number(Decimal(price) + Decimal(at % 97) / 100)
        store_id = STORE_ID if at % 5 else OTHER_STORE_ID
        filler.put(store_id, filler.good(store_id, " | ".join([name, str(varied), *rest]), path))


def _second_shop(world) -> None:
    filler = _Filler(world)
    for at, name in enumerate(SPICES):
        good = filler.good(SECOND_STORE_ID, f"{name} | {59 + 13 * at}.50 | шт", "Пряности")
        filler.put(SECOND_STORE_ID, good)
