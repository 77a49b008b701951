"""Merchants with a till and a community of their own, so that no story meets another's goods."""

from dataclasses import dataclass, field

from sandbox.seed import SCOPES
from sandbox.server import Sandbox
from sandbox.vk_state import Community

PASSWORD = "browser-evosync-2026"
DRINKS, LEAVES = "Чай и кофе", "Листовой"
TEA, COFFEE, CUP, BAG, BEER = (
    "Чай «Ассам» 100 г",
    "Кофе в зёрнах 250 г",
    "Кружка «Гжель»",
    "Пакет бумажный",
    "Пиво 0,5 л",
)
# One word, which a page must break somewhere.
LONG = "ЧайныйНаборНаШестьПерсонСРосписьюИПозолотойВПодарочнойКоробкеДляЛюбимойБабушкиКЮбилею"


@dataclass(frozen=True, slots=True)
class Merchant:
    """One shop: what is typed into the forms, and where its goods are."""

    email: str
    evotor_token: str
    vk_token: str
    group_id: int
    store_id: str
    store_name: str
    password: str = field(default=PASSWORD, repr=False)


def open_shop(sandbox: Sandbox, name: str, number: int) -> Merchant:
    """A till with groups of goods, one of which the law keeps from VK, and a community with one item made by hand."""
    merchant = Merchant(
        email=f"{name}@evosync.example",
        evotor_token=f"5d1c0a9e-3f44-4d7b-9a56-0000000000{number:02}",
        vk_token=f"vk2.a.sandbox-{name}",
        group_id=225_464_000 + number,
        store_id=f"20260115-F4F1-401B-80FA-0000000000{number:02}",
        store_name=f"Лавка № {number}",
    )
    _fill_till(sandbox, merchant, f"01-0000000000001{number:02}")
    vk, person = sandbox.vk, 210_701_000 + number
    vk.users[person] = {"id": person, "first_name": "Анна", "last_name": "Лавкина"}
    vk.groups[merchant.group_id] = Community(id=merchant.group_id, name=merchant.store_name, admins={person: 3})
    vk.add_foreign_item(merchant.group_id, name=BAG, price=2_000)
    vk.add_token(merchant.vk_token, user_id=person, scopes=SCOPES)
    return merchant


def _fill_till(sandbox: Sandbox, merchant: Merchant, user_id: str) -> None:
    evotor, store = sandbox.evotor, merchant.store_id
    evotor.add_account(merchant.evotor_token, user_id)
    evotor.add_store(
        {"id": store, "name": merchant.store_name, "address": "г. Калязин, Набережная ул., 4", "user_id": user_id}
    )
    drinks, dishes = (evotor.put_group(store, {"name": name}) for name in (DRINKS, "Посуда"))
    leaves = evotor.put_group(store, {"name": LEAVES, "parent_id": drinks})
    for name, price, quantity, fields in (
        (TEA, "245.50", 7, {"parent_id": leaves}),
        (COFFEE, "690.00", 3, {"parent_id": drinks}),
        (CUP, "1190.00", 1, {"parent_id": dishes, "description": "Фарфор, ручная роспись."}),
        (BAG, "25.00", 100, {}),
        (LONG, "9900.00", 2, {"parent_id": dishes}),
        (BEER, "120.00", 24, {"is_age_limited": True}),
    ):
        row = {"name": name, "price": price, "quantity": quantity, "measure_name": "шт", "allow_to_sell": True}
        evotor.put_product(store, row | fields)
