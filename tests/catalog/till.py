"""A till in memory: the Evotor client's interface over plain JSON, with whatever faults a test orders."""

from collections import Counter
from dataclasses import dataclass, field

from connections.clients.errors import ApiError, NotFound
from connections.clients.evotor import Page
from connections.clients.evotor_objects import parse_group, parse_product, parse_store


@dataclass
class Shop:
    name: str = "Центр"
    # Whose it is; '': not told.
    account: str = ""
    groups: dict[str, dict] = field(default_factory=dict)
    products: dict[str, dict] = field(default_factory=dict)
    # Raised where the list of this kind is asked for: {"products": NotInstalled(…)}.
    errors: dict[str, ApiError] = field(default_factory=dict)
    # Raised when so many pages of products have been given.
    error_after: int | None = None
    # Addresses of pictures by product; errors by product too, in place of an answer about its picture.
    images: dict[str, list[str]] = field(default_factory=dict)
    image_errors: dict[str, ApiError] = field(default_factory=dict)
    # Left out of the list, though there when asked for singly.
    unlisted: set[str] = field(default_factory=set)
    # The list ends after so many products as if it were all.
    cut_at: int | None = None

    def add(self, product_id: str, **fields) -> None:
        self.products[product_id] = {"id": product_id, "name": product_id, "type": "NORMAL", "price": 120} | fields

    def add_group(self, group_id: str, **fields) -> None:
        self.groups[group_id] = {"id": group_id, "name": group_id} | fields


class Till:
    def __init__(self, page: int = 2, **shops: Shop):
        self.shops = shops
        self.page = page
        self.error: ApiError | None = None
        self.calls: Counter[str] = Counter()
        self.allowance_left: float | None = None

    def stores(self):
        self._called("stores", self.error)
        return iter(
            [
                parse_store({"id": shop_id, "name": shop.name, "user_id": shop.account})
                for shop_id, shop in self.shops.items()
            ]
        )

    def groups(self, store_id):
        shop = self.shops[store_id]
        self._called("groups", shop.errors.get("groups"))
        yield from self._pages(list(shop.groups.values()), parse_group)

    def products(self, store_id):
        shop = self.shops[store_id]
        self._called("products", shop.errors.get("products"))
        listed = [product for product_id, product in shop.products.items() if product_id not in shop.unlisted]
        for number, page in enumerate(self._pages(listed[: shop.cut_at], parse_product)):
            if number == shop.error_after:
                raise shop.errors["later"]
            yield page

    def product(self, store_id, product_id):
        shop = self.shops[store_id]
        self._called("product", shop.errors.get("product"))
        if product_id not in shop.products:
            raise NotFound(404, "no such product", "product")
        return parse_product(shop.products[product_id])

    def image_urls(self, store_id, product_id):
        shop = self.shops[store_id]
        self._called("images", shop.errors.get("images") or shop.image_errors.get(product_id))
        return shop.images.get(product_id, [])

    def _pages(self, items, parse):
        for start in range(0, max(len(items), 1), self.page):
            parsed = [parse(item) for item in items[start : start + self.page]]
            found = tuple(one for one in parsed if one)
            yield Page(found, last=start + self.page >= len(items), broken=len(parsed) - len(found))

    def _called(self, name, error):
        self.calls[name] += 1
        if error:
            raise error
