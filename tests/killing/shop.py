"""A small shop on its way from one day to the next, which takes every kind of call; and what its window must show."""

from collections import Counter
from decimal import Decimal

from sandbox import seed
from sandbox.server import Sandbox

STORE, GROUP = seed.STORE_ID, seed.VK_GROUP_ID
FOREIGN, FOREIGN_ALBUM = "Подарочный сертификат", "Подборка владельца"


def put(sandbox: Sandbox, name: str, price: str = "100.00", **fields) -> str:
    fields = {"type": "NORMAL", "quantity": 5, "measure_name": "шт", "allow_to_sell": True} | fields
    return sandbox.evotor.put_product(STORE, {"name": name, "price": price, **fields})


def change(sandbox: Sandbox, product: str, **fields) -> None:
    sandbox.evotor.put_product(STORE, {"id": product, **fields})


def open_shop(sandbox: Sandbox) -> dict[str, str]:
    """The first day, and what the merchant made in VK by hand; the ids of the goods."""
    groups = {name: sandbox.evotor.put_group(STORE, {"name": name}) for name in ("Бакалея", "Напитки")}
    of = {"parent_id": groups["Бакалея"]}
    sandbox.vk.add_foreign_item(GROUP, name=FOREIGN, price=100_000)
    params = {"owner_id": -GROUP, "title": FOREIGN_ALBUM, "access_token": seed.VK_TOKEN, "v": "5.199"}
    assert "response" in sandbox.vk.handle("market.addAlbum", params, sandbox.vk.now())
    goods = {name: put(sandbox, name, **of) for name in ("Рис круглый", "Мука ржаная", "Сахар тростниковый")}
    goods |= {name: put(sandbox, name) for name in ("Чай чёрный", "Кофе в зёрнах", "Какао тёртое")}
    goods["Соль морская"] = put(sandbox, "Соль морская")
    return groups | goods


def second_day(sandbox: Sandbox, ids: dict[str, str]) -> None:
    """Whatever a merchant may do overnight."""
    change(sandbox, ids["Чай чёрный"], price="135.00")
    # Not for sale, for sale again, gone, of another name, in another group.
    change(sandbox, ids["Кофе в зёрнах"], allow_to_sell=False)
    change(sandbox, ids["Соль морская"], allow_to_sell=True)
    sandbox.evotor.remove_product(STORE, ids["Какао тёртое"])
    change(sandbox, ids["Мука ржаная"], name="Мука ржаная обдирная")
    change(sandbox, ids["Сахар тростниковый"], parent_id=ids["Напитки"])
    sandbox.evotor.put_group(STORE, {"id": ids["Бакалея"], "name": "Бакалея и крупы"})
    put(sandbox, "Морс клюквенный", "90.00", parent_id=ids["Напитки"])


def wanted(sandbox: Sandbox) -> Counter:
    """What the window must show, by what the till says: title, price and albums of each item, ours alone."""
    groups = {row["id"]: row["name"] for row in sandbox.evotor.groups(STORE)}
    return Counter(
        (row["name"], Decimal(str(row["price"])), groups.get(row.get("parent_id"), ""))
        for row in sandbox.evotor.products(STORE)
        if row["allow_to_sell"]
    )


def shown(sandbox: Sandbox) -> Counter:
    """What a buyer sees of ours, told alike."""
    titles = {row["id"]: row["title"] for row in sandbox.vk.albums(GROUP)}
    return Counter(
        (
            item["title"],
            Decimal(item["price"]["amount"]) / 100,
            ", ".join(sorted(titles[album] for album in item.get("albums_ids", ()))),
        )
        for item in sandbox.vk.visible_items(GROUP)
        if item["title"] != FOREIGN
    )


def foreign(sandbox: Sandbox) -> list[dict]:
    """What the merchant made by hand, as raw rows."""
    items = [row for row in sandbox.vk.items(GROUP, removed=True) if row["name"] == FOREIGN]
    return items + [row for row in sandbox.vk.albums(GROUP) if row["title"] == FOREIGN_ALBUM]


def twins(sandbox: Sandbox) -> list[str]:
    """Marks that more than one item carries, hidden ones too; and titles that more than one album has."""
    marks = Counter(row["sku"] for row in sandbox.vk.items(GROUP) if row["sku"])
    albums = Counter(row["title"] for row in sandbox.vk.albums(GROUP))
    return [name for name, count in (marks | albums).items() if count > 1]
