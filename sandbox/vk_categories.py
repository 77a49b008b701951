"""The tree of market categories, as the API has given it since 5.139: buyers' sections and their leaves."""

from __future__ import annotations

from typing import Any

SECTIONS: dict[str, tuple[str, ...]] = {
    "Гардероб": (
        "Женская одежда", "Мужская одежда", "Детская одежда", "Обувь", "Сумки и рюкзаки", "Аксессуары", "Бельё и носки",
    ),
    "Детские товары": (
        "Игрушки и игры", "Товары для кормления", "Школьные принадлежности", "Творчество для детей",
        "Коляски и автокресла",
    ),
    "Продукты питания": (
        "Чай, кофе и какао", "Кондитерские изделия", "Бакалея", "Молочные продукты", "Мясо и рыба", "Овощи и фрукты",
        "Соки и вода", "Мёд и варенье", "Специи и соусы",
    ),
    "Дом и дача": (
        "Посуда и кухонная утварь", "Текстиль для дома", "Бытовая химия", "Хозяйственные товары", "Декор и интерьер",
        "Сад и огород", "Освещение", "Инструменты и ремонт",
    ),
    "Красота и здоровье": (
        "Уход за лицом и телом", "Уход за волосами", "Декоративная косметика", "Парфюмерия", "Гигиена",
        "Биологически активные добавки", "Медицинские изделия",
    ),
    "Электроника": (
        "Аксессуары для телефонов", "Фото и видео", "Наушники и колонки", "Батарейки и зарядные устройства",
    ),
    "Спорт и отдых": ("Велосипеды и самокаты", "Туризм и кемпинг", "Фитнес", "Рыбалка"),
    "Авто и мото": ("Шины и диски", "Автохимия", "Аксессуары для авто"),
    "Канцелярия и книги": ("Канцелярские товары", "Книги", "Открытки и упаковка"),
    "Товары для животных": ("Корма", "Уход и гигиена животных", "Амуниция и игрушки"),
    "Подарки": ("Подарочные наборы", "Сувениры", "Подарочные сертификаты"),
    "Услуги": ("Ремонт и обслуживание", "Доставка", "Другие услуги"),
}  # fmt: skip
FIRST = 10_000


class CategoryTree:
    """Sections are numbered 10000, 10100…, their leaves follow: 10001, 10002… Only leaves take items."""

    def __init__(self, sections: dict[str, tuple[str, ...]] | None = None):
        self.tree: list[dict[str, Any]] = []
        self.flat: list[dict[str, Any]] = []
        self._parents: dict[int, dict[str, Any] | None] = {}
        self._by_id: dict[int, dict[str, Any]] = {}
        for at, (section, leaves) in enumerate((sections or SECTIONS).items()):
            parent = self._node(FIRST + 100 * at, section, None)
            parent["children"] = [
                self._node(parent["id"] + number, leaf, parent) for number, leaf in enumerate(leaves, 1)
            ]
            self.tree.append(parent)
        self.first_leaf: int = self.tree[0]["children"][0]["id"]

    def _node(self, number: int, name: str, parent: dict[str, Any] | None) -> dict[str, Any]:
        node = {
            "id": number,
            "name": name,
            "url": f"https://vk.com/market/category/{number}",
            "seo_name": f"category-{number}",
            "page_title": f"{name}: купить ВКонтакте",
            "page_description": f"{name} от сообществ и магазинов",
        }
        self._parents[number] = parent
        self._by_id[number] = node
        self.flat.append(node)
        return node

    def is_leaf(self, number: int) -> bool:
        return self._parents.get(number) is not None

    def lies_in(self, number: int, section: int) -> bool:
        parent = self._parents.get(number)
        return number == section or (parent is not None and parent["id"] == section)

    def find(self, name: str) -> int:
        """The id of a leaf by its name."""
        return next(one["id"] for one in self.flat if one["name"] == name and self.is_leaf(one["id"]))

    def nested(self, number: int) -> dict[str, Any]:
        """The category of an item, with its parent inside."""
        node = self._by_id[number]
        found = {"inner_type": "market_market_category_nested", "id": number, "name": node["name"], "is_v2": True}
        if parent := self._parents[number]:
            found["parent"] = self.nested(parent["id"])
        return found
