"""A small shop, and what becomes of it: what happens at the till, what the merchant does in VK by hand."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from catalog.choices import INHERIT, set_choice
from catalog.models import SyncConfig, SyncFilter
from sandbox import seed as names
from vkmarket import removals
from vkmarket.models import derive_sku
from vkmarket.reasons import Block
from vkmarket.tasks import request_sync

STORE, GROUP_ID = names.STORE_ID, names.VK_GROUP_ID
FORBIDDEN = ("BEER_MARKED", "TOBACCO_MARKED", "ALCOHOL_NOT_MARKED")
WORDS = ("Чай", "Мёд", "Ложка", "Кружка", "Пряник", "Свеча", "Корзина", "Варенье", "Платок", "Валенки", "Мыло", "Нить")
# What may happen, and how often.
EVENTS = {
    "price": 6,
    "stock": 4,
    "rename": 2,
    "forbid": 2,
    "sale_stop": 2,
    "remove": 2,
    "add": 3,
    "recreate": 2,
    "recreate_all": 0.4,
    "move": 1,
    "rename_group": 1,
    "exclude": 1,
    "approve": 1,
    "remove_all": 0.6,
    "switch_off": 0.6,
    "app_gone": 0.5,
    "hand_rename": 1,
    "hand_delete": 1,
    "hand_hide": 0.6,
    "hand_price": 0.8,
    "hand_item": 1,
    "hand_copy": 1,
}


@dataclass(slots=True)
class Product:
    """One product of the till, under whatever ids it had; `row` is what the till says of it now."""

    key: int
    row: dict
    ids: list[str]
    # Every price in kopecks that it ever had; a merchant's own price in VK counts.
    prices: set[int] = field(default_factory=set)
    forbidden_from_birth: bool = False
    gone: bool = False

    @property
    def id(self) -> str:
        return self.ids[-1]

    @property
    def forbidden(self) -> bool:
        return self.row["type"] in FORBIDDEN

    @property
    def for_sale(self) -> bool:
        return not self.gone and not self.forbidden and self.row["allow_to_sell"] and Decimal(self.row["price"]) > 0


class Shop:
    """The till of one merchant and the hand that meddles with the community."""

    def __init__(self, sim, rng: random.Random):
        self.sim, self.rng = sim, rng
        self.products: list[Product] = []
        self.by_sku: dict[str, Product] = {}
        # Raw rows of what the merchant made in VK, by item.
        self.foreign: dict[int, dict] = {}
        # What the merchant changed by hand of ours, in a listing's words, by item.
        self.touched: defaultdict[int, set[str]] = defaultdict(set)
        self.excluded: set[str] = set()
        self._numbers = iter(range(1, 10_000))
        self.groups = [self._put_group(f"Раздел {number}") for number in range(rng.randint(0, 3))]

    # -- building ------------------------------------------------------------------------------------------------

    def _new_id(self) -> str:
        # Pages go by id: new ones come anywhere.
        return f"{self.rng.getrandbits(32):08x}-0000-4000-8000-{next(self._numbers):012x}"

    def _put_group(self, name: str) -> str:
        return self.sim.evotor.put_group(STORE, {"id": self._new_id(), "name": name})

    def _some_price(self) -> str:
        return f"{self.rng.randint(1, 300_000) / 100:.2f}"

    def add_product(self) -> Product:
        number = len(self.products) + 1
        kind = self.rng.choices(("NORMAL", self.rng.choice(FORBIDDEN)), (9, 1))[0]
        row = {
            "name": f"{self.rng.choice(WORDS)} номер {number}",
            "type": kind,
            "price": self._some_price(),
            "quantity": self.rng.choice((None, 0, 1, 5, 12)),
            "measure_name": "шт",
            "allow_to_sell": True,
            "parent_id": self.rng.choice([None, *self.groups]),
            "barcodes": [f"46000000{number:05}"] if self.rng.random() < 0.5 else [],
        }
        product = Product(number, row, [], forbidden_from_birth=kind in FORBIDDEN)
        self.products.append(product)
        self._born(product, self._new_id())
        return product

    def _born(self, product: Product, evotor_id: str) -> None:
        product.ids.append(evotor_id)
        # A mark that is taken is derived anew with a number.
        for suffix in ("", "#2", "#3", "#4"):
            self.by_sku[derive_sku(GROUP_ID, STORE, evotor_id + suffix)] = product
        self._put(product)

    def _put(self, product: Product) -> None:
        product.prices.add(round(Decimal(product.row["price"]) * 100))
        self.sim.evotor.put_product(STORE, {"id": product.id} | product.row)

    # -- what happens --------------------------------------------------------------------------------------------

    def happen(self) -> None:
        """One thing, drawn."""
        (what,) = self.rng.choices(list(EVENTS), EVENTS.values())
        said = getattr(self, f"_{what}")()
        if said is not None:
            self.sim.seen[what] += 1
            self.sim.tell(f"-- {what}: {said}")

    def _any(self) -> Product | None:
        living = [product for product in self.products if not product.gone]
        return self.rng.choice(living) if living else None

    def _change(self, **fields) -> str | None:
        product = self._any()
        if product is None:
            return None
        product.row = product.row | fields
        self._put(product)
        return f"{product.row['name']} {fields}"

    def _price(self):
        return self._change(price=self._some_price())

    def _stock(self):
        return self._change(quantity=self.rng.choice((None, 0, 0, 2, 7, -3, 0.4)))

    def _rename(self):
        return self._change(description=f"Описание {self.rng.randint(1, 99)}, подробное")

    def _forbid(self):
        return self._change(type=self.rng.choice(FORBIDDEN))

    def _sale_stop(self):
        return self._change(allow_to_sell=self.rng.random() < 0.5)

    def _move(self):
        return self._change(parent_id=self.rng.choice([None, *self.groups]))

    def _add(self):
        return self.add_product().row["name"]

    def _remove(self):
        if (product := self._any()) is None:
            return None
        product.gone = True
        self.sim.evotor.remove_product(STORE, product.id)
        return product.row["name"]

    def _recreate(self):
        return self._again(self._any())

    def _again(self, product: Product | None) -> str | None:
        if product is None:
            return None
        self.sim.evotor.remove_product(STORE, product.id)
        self._born(product, self._new_id())
        return f"{product.row['name']} is now {product.id[:8]}"

    def _recreate_all(self):
        return [self._again(product) for product in self.products if not product.gone]

    def _rename_group(self):
        if not self.groups:
            return None
        group, name = self.rng.choice(self.groups), f"Раздел «{self.rng.randint(1, 99)}»"
        self.sim.evotor.put_group(STORE, {"id": group, "name": name})
        return name

    def _app_gone(self):
        self.sim.evotor.set_installed(STORE, False)
        self.sim.scheduler.at(self.sim.scheduler.now + self.rng.uniform(30, 900), self.app_back)
        return "402 for a while"

    def app_back(self) -> None:
        self.sim.evotor.set_installed(STORE, True)

    # -- the merchant -------------------------------------------------------------------------------------------

    def _exclude(self):
        if (product := self._any()) is None:
            return None
        out = product.id not in self.excluded
        set_choice(
            User.objects.get(),
            SyncFilter.Entity.PRODUCT,
            product.id,
            STORE,
            SyncFilter.Mode.EXCLUDE if out else INHERIT,
        )
        (self.excluded.add if out else self.excluded.discard)(product.id)
        return f"{product.row['name']} {'off' if out else 'on'}"

    def _remove_all(self):
        if removals.start(User.objects.get()) is None:
            return None
        self.sim.scheduler.at(self.sim.scheduler.now + self.rng.uniform(30, 1_800), self.switch_on)
        return "until the merchant switches on again"

    def _switch_off(self):
        SyncConfig.objects.update(enabled=False)
        self.sim.scheduler.at(self.sim.scheduler.now + self.rng.uniform(30, 1_800), self.switch_on)
        return "for a while"

    def switch_on(self) -> None:
        """What is not hidden by now stays."""
        user = User.objects.get()
        removals.stop(user)
        with transaction.atomic():
            SyncConfig.objects.update(enabled=True)
            request_sync(user.pk)

    def _approve(self):
        self.sim.way.approve()
        return "what waits"

    def _ours(self) -> dict | None:
        rows = [row for row in self.sim.vk.items(GROUP_ID) if row["id"] not in self.foreign]
        return self.rng.choice(rows) if rows else None

    def _by_hand(self, **fields):
        if (row := self._ours()) is None:
            return None
        self.sim.vk.edit_by_hand(GROUP_ID, row["id"], **fields)
        self.touched[row["id"]].update("visible" if name == "deleted" else name for name in fields)
        self.sim.laws.look_away()
        if "price" in fields and (product := self.by_sku.get(row["sku"])):
            product.prices.add(fields["price"])
        return f"item {row['id']} {fields}"

    def _hand_rename(self):
        return self._by_hand(name=f"Имя от руки {self.rng.randint(1, 99)}")

    def _hand_hide(self):
        return self._by_hand(deleted=True)

    def _hand_price(self):
        return self._by_hand(price=self.rng.randint(100, 999_900))

    def _hand_delete(self):
        if (row := self._ours()) is None:
            return None
        self.sim.vk.delete_by_hand(GROUP_ID, row["id"])
        self.touched[row["id"]].add(Block.DELETED_IN_VK)
        self.sim.laws.look_away()
        return f"item {row['id']}"

    def _hand_item(self):
        return self._told_by_hand(name=f"Своё {self.rng.randint(1, 99)}", price=500, sku=self.rng.choice(("", "А-1")))

    def _hand_copy(self):
        if (row := self._ours()) is None:
            return None
        return self._told_by_hand(name=row["name"], price=row["price"], sku=row["sku"], description=row["description"])

    def _told_by_hand(self, **fields) -> str:
        return f"item {self.put_by_hand(**fields)} {fields['name']} {fields['sku']}"

    def put_by_hand(self, **fields) -> int:
        """The merchant makes an item in VK themselves; its id."""
        item_id = self.sim.vk.add_foreign_item(GROUP_ID, **fields)
        self.foreign[item_id] = self.sim.vk.groups[GROUP_ID].items[item_id]
        self.sim.laws.look_away()
        return item_id
