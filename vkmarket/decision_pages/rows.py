"""Each good that waits for a decision, in words: what happened to it, and what can be chosen."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from catalog.models import CachedProduct
from connections.models import Community
from evosync.base import clock
from vkmarket import categories
from vkmarket.confirming import pair
from vkmarket.models import Listing
from vkmarket.reasons import Block, Reason
from vkmarket.recognition import Candidate, Key, match, recognisable
from vkmarket.wording import money, refusal, stock

# So many goods that look alike are compared with one another; a till that was exchanged whole has more.
ALIKE = 2000


@dataclass(slots=True)
class Row:
    listing: Listing
    name: str
    product: CachedProduct | None
    # Sentences: what happened.
    told: list[str] = field(default_factory=list)
    # Listings of goods that are gone, of which it may be one: (key, words).
    choices: list[tuple[int, str]] = field(default_factory=list)


def rows_of(code: str, community: Community, listings: Sequence[Listing]) -> list[Row]:
    names = _category_names(listings) if code == "drift" else {}
    choices = _choices(community, listings) if code == "alike" else {}
    return [
        Row(listing, _name(listing), listing.product, _told(code, listing, names), choices.get(listing.pk, []))
        for listing in listings
    ]


def _name(listing: Listing) -> str:
    if listing.product:
        return listing.product.name
    return (listing.sent or listing.wanted or {}).get("name", listing.sku)


def _told(code: str, listing: Listing, names: dict[int, str]) -> list[str]:
    match code:
        case "removals" | "prices" | "creates":
            return _of_guard(listing)
        case "drift":
            return [_difference(name, listing, names) for name in listing.drift]
        case "refused":
            return [refusal(listing.error_code, listing.error_text)]
        case "unsettled" if listing.unsettled_since:
            return [_("Отправлен %(at)s, ответа нет.") % {"at": clock.local_text(listing.unsettled_since)}]
        case "unsettled":
            return [_("Больше суток попытки добавить ни к чему не приводят.")]
        case "deleted" if listing.written_at:
            return [_("Последний раз отправлен %(at)s.") % {"at": clock.local_text(listing.written_at)}]
    return []


def _of_guard(listing: Listing) -> list[str]:
    wanted, sent = listing.wanted or {}, listing.sent or {}
    if listing.blocked == Block.GUARD_PRICES:
        return [_("Цена: %(was)s → %(now)s") % {"was": money(sent["price"]), "now": money(wanted["price"])}]
    if listing.blocked == Block.GUARD_CREATES:
        return [_("Новый, %(price)s") % {"price": money(wanted["price"])}]
    if listing.hold:
        return [str(Reason(listing.hold).label)]
    return [
        _("Распродан: остаток %(was)s → 0") % {"was": stock(sent["stock"])}
        if wanted.get("stock") == 0
        else _("Скроется")
    ]


def _difference(name: str, listing: Listing, names: dict[int, str]) -> str:
    ours, theirs = pair(name, listing.sent or {}, listing.seen or {})
    match name:
        case "name":
            return _("Название: у нас «%(ours)s», в ВК «%(theirs)s»") % {"ours": ours, "theirs": theirs}
        case "description":
            return _("Описание в ВК: «%(theirs)s»") % {"theirs": (theirs or "")[:200]}
        case "price":
            return _("Цена: у нас %(ours)s, в ВК %(theirs)s") % {"ours": money(ours), "theirs": money(theirs)}
        case "stock":
            return _("Остаток: у нас %(ours)s, в ВК %(theirs)s") % {"ours": stock(ours), "theirs": stock(theirs)}
        case "category_id":
            pairs = {"ours": names.get(ours, "?"), "theirs": names.get(theirs, "?")}
            return _("Категория: у нас «%(ours)s», в ВК «%(theirs)s»") % pairs
        case "visible":
            return _("У нас показан, а в ВК скрыт") if ours else _("У нас скрыт, а в ВК показан")
        case "photo":
            return _("В ВК другая картинка")
    return _("В ВК лежит в других подборках")


def _category_names(listings: Sequence[Listing]) -> dict[int, str]:
    ids = set()
    for listing in listings:
        if "category_id" in listing.drift:
            ids |= set(pair("category_id", listing.sent or {}, listing.seen or {}))
    return {category: categories.name_of(category) for category in ids if category}


def _choices(community: Community, listings: Sequence[Listing]) -> dict[int, list[tuple[int, str]]]:
    """For each new good the listings of those gone that it may be, by what a rebind goes by."""
    asked = Listing.objects.filter(community=community, hold=Reason.AMBIGUOUS_REBIND)
    bound = asked.bound().select_related("source__product__store").only(*_COMPARED)
    # In the order of the index `listing_figures`: by their keys, SQLite would walk all listings.
    gone = sorted(bound.order_by("blocked", "store", "tally", "pk")[:ALIKE], key=lambda one: one.pk)
    told: dict[Key, Listing] = {one.pk: one for one in gone}
    found = match([_candidate(one) for one in gone], [_candidate(one) for one in listings if one.product])
    alike: dict[Key, set[Key]] = {new: {old} for old, new in found.pairs.items()}
    for riddle in found.ambiguous:
        for new in riddle.new:
            alike[new] = set(riddle.missing)
    # In the order of the missing.
    return {
        one.pk: [(old.pk, _words(old)) for key, old in told.items() if key in alike.get(one.pk, ())] for one in listings
    }


_COMPARED = (
    *(f"source__product__{name}" for name in ("barcodes", "article_number", "name", "price")),
    "source__product__store__evotor_id",
)


def _candidate(listing: Listing) -> Candidate:
    product = listing.source.product
    return recognisable(
        listing.pk,
        barcodes=product.barcodes,
        article=product.article_number,
        name=product.name,
        price=product.price,
        store=product.store.evotor_id,
    )


def _words(listing: Listing) -> str:
    product = listing.source.product
    parts = [product.name, money(str(product.price)) if product.price is not None else "", product.article_number]
    return ", ".join(part for part in parts if part)
