"""An item of VK as its merchant reads it. Pictures of VK live on its own hosts, and our pages ask no foreign host for
anything: a letter stands for each."""

from dataclasses import dataclass

from catalog.models import CachedProduct
from vkmarket.models import VkCachedProduct

# What VK says of an item that a buyer cannot order: deleted, out of reach.
AVAILABLE = 0
TONES = 6


@dataclass(frozen=True, slots=True)
class Shown:
    """An item in VK; `ours`: EvoSync keeps it, from `product` if that is still on the till."""

    item: VkCachedProduct
    ours: bool
    product: CachedProduct | None

    @property
    def letter(self) -> str:
        return next((sign for sign in self.item.title if sign.isalnum()), "?").upper()

    @property
    def tone(self) -> int:
        return self.item.item_id % TONES

    @property
    def sold_out(self) -> bool:
        return self.item.stock == 0

    @property
    def hidden(self) -> bool:
        return self.item.availability != AVAILABLE and not self.sold_out
