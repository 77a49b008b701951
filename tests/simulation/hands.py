"""In some stories the merchant filled the showcase by hand before, and says what EvoSync may take over."""

from __future__ import annotations

import random

from connections.models import Community
from vkmarket import answering
from vkmarket.models import Match

from .shop import Product

OFTEN = 0.4


class Hands:
    """Has a chance of its own: what happens in other stories stays as it was."""

    def __init__(self, sim):
        self.sim, self.shop = sim, sim.shop
        self.rng = random.Random(f"hands {sim.seed}")
        self.at_work = self.rng.random() < OFTEN
        # What the merchant let EvoSync have, by item; and what stood there before the first round, by item.
        self.given: dict[int, Product] = {}
        self.before: dict[int, Product] = {}
        # Products that were said to be something else than an item of their name.
        self.left: set[int] = set()

    def fill(self) -> None:
        """Before the first round: some goods stand in VK under the names that they have at the till."""
        if not self.at_work:
            return
        for product in self.rng.sample(self.shop.products, min(2, len(self.shop.products))):
            item_id = self._make(product)
            if not self.sim.vk.switches["read_delay_seconds"]:
                # Else the first round may well not see yet what was made just before.
                self.before[item_id] = product

    def schedule(self, horizon: float) -> None:
        for _number in range(4 if self.at_work else 0):
            self.sim.scheduler.at(
                self.rng.uniform(0, horizon), self.rng.choice((self._answer, self._answer, self._add))
            )

    def _make(self, product: Product) -> int:
        price = self.rng.choice((500, round(float(product.row["price"]) * 100)))
        return self.shop.put_by_hand(name=product.row["name"], price=price, sku="")

    def _add(self) -> None:
        """In the middle of it all, and perhaps a second of the name."""
        product = self.rng.choice(self.shop.products)
        self.sim.tell(f"-- by hand: item {self._make(product)} {product.row['name']}")

    def _answer(self) -> None:
        """What is asked now; the one or the other."""
        community = Community.objects.get()
        for match in answering.open_ones(community).select_related("product").order_by("pk"):
            product = next(one for one in self.shop.products if match.product.evotor_id in one.ids)
            told = self.rng.choice((answering.TAKE, answering.TAKE, answering.LEAVE))
            if not answering.say(community, Match.objects.filter(pk=match.pk), told):
                continue
            self.sim.seen[f"match {told}"] += 1
            self.sim.tell(f"-- {told} item {match.item_id} as {product.row['name']}")
            if told == answering.TAKE:
                self.given[match.item_id] = product
                product.prices.add(self.shop.foreign[match.item_id]["price"])
            else:
                self.left.add(product.key)

    def doubles(self, items: dict[int, dict]) -> list[str]:
        """What stood there before the first round is shown there once, unless the merchant wanted both."""
        faults = []
        for item_id, product in self.before.items():
            if product.key in self.left or items[item_id]["removed_at"] is not None:
                continue
            if len(product.ids) > 1 and items[item_id]["deleted"] and not product.row["barcodes"]:
                # It got another id, and another price at once: nobody can know it again, and the old one is hidden.
                continue
            ours = [one for one, row in items.items() if self.shop.by_sku.get(row["sku"]) is product]
            extra = [one for one in ours if one != item_id and one not in self.shop.foreign]
            if extra:
                faults.append(f"{product.row['name']} stood there as item {item_id}, and was made again: {extra}")
        return faults
