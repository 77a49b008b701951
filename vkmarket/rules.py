"""From a product and its merchant's settings to what a buyer shall see, or why nothing. No database, no clock.

Limits of name, text, price and stock are VK's (dev.vk.com/method/market.add) where they are not said to be ours.
"""

from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from functools import lru_cache
from hashlib import blake2b

from . import product_types, texts
from .items import Item
from .reasons import HIDING, Reason

NAME_MIN, NAME_MAX = 4, 100
TEXT_MIN = 10
# VK names no upper bound: this one is ours.
TEXT_MAX = 4000
STOCK_MAX = 999_999
PRICE_MAX = Decimal(999_999_999_999)
KOPECK = Decimal("0.01")
# What a rounding of `catalog.models.Rounding` rounds to, and which way.
STEPS = {
    "none": (KOPECK, ROUND_HALF_UP),
    "ruble": (Decimal(1), ROUND_HALF_UP),
    "ten": (Decimal(10), ROUND_HALF_UP),
    "up_ruble": (Decimal(1), ROUND_CEILING),
}
# Sold by weight, length, area and volume: half a kilogram is not "sold out".
DIVISIBLE = frozenset(
    {"кг", "л", "м", "м2", "м3", "килограмм", "литр", "метр", "квм", "мкв", "кубм", "мкуб", "kg", "l", "m", "m2", "m3"}
)
# Part of a drawn card's fingerprint: a new drawing in `cards` counts it up, and every card is uploaded anew.
CARD_VERSION = 1
# How marks of pictures begin: the merchant's file of that name follows, or a hash of Evotor's address, or of what is
# drawn on a card.
OWN, EVOTOR, CARD = "own:", "evotor:", "card:"
# Said of a product of which nothing is known but a short name.
LAST_RESORT = "Товар нашего магазина"

# Groups and measures are few, and asked for with every product.
_line = lru_cache(maxsize=4096)(texts.line)


# Not frozen, which would make it five times as dear: there is one for every product of a large catalog.
@dataclass(slots=True)
class Facts:
    """What is known of a product: what the till told, what its merchant chose for it, and where it stands."""

    store_id: str
    product_id: str
    name: str
    type: str
    price: Decimal | None
    quantity: Decimal | None = None
    measure_name: str = ""
    allow_to_sell: bool = True
    description: str = ""
    article_number: str = ""
    code: str = ""
    # Of a modification: attribute id -> choice id.
    attributes_choices: dict[str, str] = field(default_factory=dict)
    has_alcohol_fields: bool = False
    is_excisable: bool = False
    is_age_limited: bool = False
    image_url: str = ""
    # What the merchant gave it, and the group it lies in: these pictures are names of files.
    own_text: str = ""
    own_picture: str = ""
    group_picture: str = ""
    # Gone from the till, and proven so.
    absent: bool = False
    store_stale: bool = False
    group_name: str = ""
    # Of the group or inherited by it; None: the default.
    category_id: int | None = None
    album: int | None = None
    # Of its group: [{id, name, choices: [{id, name}]}].
    modification_attributes: list[dict] = field(default_factory=list)
    # The merchant's choice: nothing is published unless chosen.
    published: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """How a merchant's goods are published. `categories` are VK's known leaves; None: not known, any may be right."""

    default_category_id: int | None = None
    markup_percent: Decimal = Decimal(0)
    rounding: str = "none"
    show_stock: bool = True
    card_color: str = "#2F5D8A"
    categories: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """The product may not be shown, and why."""

    reason: Reason

    @property
    def hides(self) -> bool:
        """Whether an item that VK already shows is hidden; else it stays as it is."""
        return self.reason in HIDING


def judge(facts: Facts, settings: Settings) -> Item | Hold:
    """The item that a buyer shall see, or the first reason against it. Total: any facts have an answer.

    The merchant's own choice comes first, then what nobody may sell, then what is only missing: so they read first
    what matters most. An item that VK shows already is hidden or left by the reason: `Hold.hides`.
    """
    if reason := _barred(facts):
        return Hold(reason)
    price = price_of(facts.price, settings)
    if price is None:
        return Hold(Reason.ZERO_PRICE)
    if price > PRICE_MAX:
        return Hold(Reason.PRICE_TOO_HIGH)
    category = facts.category_id if facts.category_id is not None else settings.default_category_id
    if category is None or (settings.categories is not None and category not in settings.categories):
        return Hold(Reason.NO_CATEGORY)
    name = name_of(facts)
    if not name:
        return Hold(Reason.NO_LEGAL_NAME)
    description = description_of(facts, name)
    if not description:
        return Hold(Reason.NO_LEGAL_TEXT)
    return Item(
        name=name,
        description=description,
        price=price,
        category_id=category,
        stock=stock_of(facts.quantity, facts.measure_name, settings.show_stock),
        photo=photo_mark(facts, name, settings.card_color),
        album=facts.album,
    )


def _barred(facts: Facts) -> Reason:
    """The first reason that has nothing to do with how the product looks."""
    if not facts.published:
        return Reason.EXCLUDED
    if facts.absent:
        return Reason.ABSENT
    if facts.store_stale:
        return Reason.STORE_STALE
    by_type = product_types.reason_for(facts.type)
    if by_type in product_types.FORBIDDEN:
        return by_type
    if facts.has_alcohol_fields:
        return Reason.ALCOHOL
    if facts.is_excisable:
        return Reason.EXCISABLE
    if facts.is_age_limited:
        return Reason.AGE_LIMITED
    if by_type:
        return by_type
    return Reason.NONE if facts.allow_to_sell else Reason.NOT_FOR_SALE


def price_of(price: Decimal | None, settings: Settings) -> Decimal | None:
    """Roubles with kopecks after markup and rounding; None for no price; above PRICE_MAX it is not rounded."""
    if price is None or not price.is_finite():
        return None
    if settings.markup_percent:
        price = price * (100 + settings.markup_percent) / 100
    if price <= 0:
        return None
    if price > PRICE_MAX:
        return price
    step, way = STEPS[settings.rounding]
    # Something that costs is never given away: where a step leaves nothing, there is still a kopeck.
    if step == KOPECK:
        return max(price.quantize(KOPECK, way), KOPECK)
    rounded = (price / step).quantize(Decimal(1), way) * step
    return max(rounded or price, KOPECK).quantize(KOPECK, ROUND_HALF_UP)


def stock_of(quantity: Decimal | None, measure: str, show: bool) -> int:
    """Whole pieces for VK, at most 999 999: -1 is "not tracked", 0 is sold out (dev.vk.com/method/market.add).

    `quantity` None: the till did not tell. It is rounded down, but a rest of half a kilogram is one piece. Without
    `show` a buyer learns no figure, only whether there is any.
    """
    if quantity is None or not quantity.is_finite():
        return -1
    if quantity <= 0:
        return 0
    pieces = int(min(quantity, Decimal(STOCK_MAX)))
    if not pieces and is_divisible(measure):
        pieces = 1
    return pieces if show or not pieces else -1


@lru_cache(maxsize=1024)
def is_divisible(measure: str) -> bool:
    """Whether a rest below one of this measure can still be sold. «Кв. м», «м²» and «М2» are one."""
    name = measure.casefold().replace("²", "2").replace("³", "3")
    return "".join(char for char in name if char.isalnum()) in DIVISIBLE


def name_of(facts: Facts) -> str:
    """A name that VK takes, 4 to 100 characters, padded where it is too short; "" when there is none."""
    name = texts.line(facts.name)
    if not name:
        name = ", ".join(part for part in (_line(facts.group_name), _article(facts)) if part)
    if facts.attributes_choices and name:
        name = _with_choices(name, _choices(facts))
    if 0 < len(name) < NAME_MIN:
        for extra in (_line(facts.group_name), _article(facts), _line(facts.measure_name)):
            if extra and extra.casefold() != name.casefold() and len(name) < NAME_MIN:
                name = f"{name}, {extra}"
    name = texts.shorten(name, NAME_MAX)
    return name if len(name) >= NAME_MIN else ""


def _article(facts: Facts) -> str:
    article = texts.line(facts.article_number) or texts.line(facts.code)
    return article and f"арт. {article}"


def _choices(facts: Facts) -> list[str]:
    """Names of the modification's choices, in the order in which its group lists them."""
    names = []
    for attribute in facts.modification_attributes:
        chosen = facts.attributes_choices.get(attribute.get("id", ""))
        for choice in attribute.get("choices") or ():
            if chosen is not None and choice.get("id") == chosen:
                names.append(texts.line(choice.get("name") or ""))
    return [name for name in names if name]


def _with_choices(name: str, choices: list[str]) -> str:
    """«Футболка, M, красный»: what tells modifications apart is the last to be cut."""
    suffix = "".join(f", {choice}" for choice in choices)
    if not suffix or name.casefold().endswith(suffix.casefold()):
        return name
    suffix = texts.shorten(suffix, NAME_MAX - NAME_MAX // 4)
    return texts.shorten(name, NAME_MAX - len(suffix)) + suffix


def description_of(facts: Facts, name: str) -> str:
    """The merchant's description, or one made of what else is known, without links, which VK refuses (error 1408), and
    of 10 characters at least; "" when even that is too short. `name`: as `name_of` made it."""
    text = texts.paragraphs(facts.own_text) or texts.paragraphs(facts.description)
    if len(text) < TEXT_MIN:
        group, measure = _line(facts.group_name), _line(facts.measure_name)
        article = _article(facts)
        parts = (
            name,
            text,
            article[:1].upper() + article[1:],
            group and f"Раздел: {group}",
            measure and f"Цена за 1 {measure}",
        )
        # Once more: a name may hold what a description may not, such as «Книга про ASP.NET».
        text = texts.paragraphs("\n".join(part for part in parts if part))
    if text and len(text) < TEXT_MIN:
        text = f"{text}\n{LAST_RESORT}"
    text = texts.shorten(text, TEXT_MAX)
    return text if len(text) >= TEXT_MIN else ""


def with_own(item: Item, text: str, picture: str) -> Item:
    """The item with what its merchant gave the product in whose place this one came."""
    text = texts.shorten(texts.paragraphs(text), TEXT_MAX)
    return replace(
        item,
        description=text if len(text) >= TEXT_MIN else item.description,
        photo=OWN + picture if picture else item.photo,
    )


def photo_mark(facts: Facts, name: str, color: str) -> str:
    """What the picture is made from, the first that there is: the same mark, the same picture."""
    if facts.own_picture:
        return OWN + facts.own_picture
    if facts.image_url:
        return EVOTOR + _short_hash(facts.image_url)
    return OWN + facts.group_picture if facts.group_picture else card_mark(name, color)


def card_mark(name: str, color: str) -> str:
    """The mark of a card drawn for this name on this colour ("#2F5D8A"): a new drawing has a new one."""
    return CARD + _short_hash(f"{CARD_VERSION}\0{color.upper()}\0{name}")


def _short_hash(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
