"""Goods of a made-up till, the same every time: Evotor's JSON by number."""

import hashlib
import uuid
from collections.abc import Iterator

# Of a shop with the number 0; the next ones count up.
FIRST_GROUP, FIRST_VK_USER = 300_000_001, 400_000_001
GROUPS, NEIGHBOURS = 40, 25
# Whoever sells 100 000 things has parts, screws, books: names with numbers, half of them with a description.
KINDS = (
    "Чай чёрный листовой", "Кофе в зёрнах", "Болт оцинкованный DIN 933", "Лампа светодиодная", "Тетрадь в клетку",
    "Кружка фарфоровая «Гжель»", "Шампунь для сухих волос", "Фильтр масляный", "Пряжа полушерстяная", "Конструктор",
)  # fmt: skip
MEASURES = ("шт", "шт", "шт", "кг", "м", "упак")
STORY = (
    "Хранить в сухом прохладном месте. Проверенный поставщик, есть сертификаты. "
    "Можно забрать в магазине или заказать доставку по городу."
)
AT = "2026-03-01T06:00:00.000+0000"


def guid(text: str) -> str:
    return str(uuid.UUID(bytes=hashlib.blake2b(text.encode(), digest_size=16).digest(), version=4))


def store(shop: str) -> dict:
    row = {"id": guid(f"store {shop}").upper(), "name": f"Магазин {shop}", "address": "г. Калязин, Набережная, 4"}
    return row | {"user_id": "01-000000000000001", "created_at": AT, "updated_at": AT}


def group(shop: str, number: int) -> dict:
    return {"id": guid(f"group {shop} {number}"), "name": f"{KINDS[number % len(KINDS)]}, раздел {number + 1}"}


def groups(count: int) -> int:
    """How many groups so many products lie in: they were entered by groups."""
    return min(GROUPS, -(-count // NEIGHBOURS))


def product(shop: str, number: int) -> dict:
    kind = KINDS[number % len(KINDS)]
    row = {
        "id": guid(f"product {shop} {number}"),
        "store_id": guid(f"store {shop}").upper(),
        "user_id": "01-000000000000001",
        "parent_id": guid(f"group {shop} {number // NEIGHBOURS % GROUPS}"),
        "name": f"{kind} № {number}",
        "type": "NORMAL",
        "price": round(50 + number % 9973 + number % 100 / 100, 2),
        "cost_price": 30 + number % 4999,
        "quantity": number % 57 + 1,
        "measure_name": MEASURES[number % len(MEASURES)],
        "tax": "VAT_20",
        "allow_to_sell": True,
        "article_number": f"{kind[:2].upper()}-{number:06}",
        "code": str(number),
        "barcodes": [f"46{number:011}"],
        "created_at": AT,
        "updated_at": AT,
    }
    return row | ({"description": f"{kind} № {number}. {STORY}"} if number % 2 else {})


def products(shop: str, count: int) -> Iterator[dict]:
    return (product(shop, number) for number in range(count))
