"""Codes of rows as words for a merchant: reasons with links, guards, kinds, what VK said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from connections.models import ConnectionFault

from .models import INTERRUPTED, STOPPED
from .reasons import ASKING_THE_MERCHANT, Block, Reason, label_of

# What VK's refusal of one item means, by its code (dev.vk.com/reference/errors).
REFUSALS: dict[int, str | Promise] = {
    100: gettext_lazy("ВК не принял название, описание, цену или картинку товара"),
    22: gettext_lazy("ВК не принял картинку"),
    129: gettext_lazy("ВК не принял картинку"),
    118: gettext_lazy("ВК не принял картинку"),
    1402: gettext_lazy("Подборки больше нет в ВК"),
    1403: gettext_lazy("Товара больше нет в ВК"),
    1405: gettext_lazy("В сообществе слишком много товаров: ВК больше не принимает"),
    1406: gettext_lazy("В подборке слишком много товаров"),
    1407: gettext_lazy("В сообществе слишком много подборок"),
    1408: gettext_lazy("ВК не принял ссылки в описании"),
}
ENDS: dict[str, str | Promise] = {
    INTERRUPTED: gettext_lazy("Прервалась: программу перезапустили. Следующая продолжит с того же места."),
    STOPPED: gettext_lazy("Остановлена вами: что не отправлено, осталось в очереди."),
    ConnectionFault.NOT_CONNECTED: gettext_lazy("ВКонтакте не подключён."),
}
KINDS: dict[str, str | Promise] = {
    "create": gettext_lazy("Появится"),
    "update": gettext_lazy("Изменится"),
    "hide": gettext_lazy("Скроется"),
    "unhide": gettext_lazy("Снова появится"),
    "delete": gettext_lazy("Удалится"),
}


def money(price: str | None) -> str:
    """A price as rows keep it; of what VK showed without one they keep "None"."""
    if price in (None, "None"):
        return "—"
    return f"{number_format(Decimal(price), 2, force_grouping=True)}\N{NO-BREAK SPACE}₽"


def stock(amount: int | None) -> str:
    """How much of it VK has; "есть" where nobody counts."""
    return _("есть") if amount is None or amount < 0 else number_format(amount, force_grouping=True)


@dataclass(frozen=True, slots=True)
class Place:
    """Where some of the goods of a reason are: their store, and the address of their list."""

    store: str
    address: str
    count: int


@dataclass(frozen=True, slots=True)
class ToldReason:
    """So many goods are held by this reason."""

    code: str
    label: str
    count: int
    # Only the merchant can settle it.
    asks: bool
    # Where they are, most first, where that is known.
    places: Sequence[Place] = ()


def reasons_of(reasons: Mapping[str, int], places: Mapping[str, Sequence[Place]] | None = None) -> list[ToldReason]:
    """The most frequent first."""
    places = places or {}
    rows = [
        ToldReason(code, label_of(code), count, code in ASKING_THE_MERCHANT, places.get(code, ()))
        for code, count in reasons.items()
        if code in Reason.values or code in Block.values
    ]
    return sorted(rows, key=lambda row: (-row.count, row.code))


def refusal(code: int | None, text: str) -> str:
    """Why VK refused one call; VK's own words only where we have none for its code."""
    if code in REFUSALS:
        return str(REFUSALS[code])
    if text:
        return _("ВК отклонил товар и ответил: «%(text)s»") % {"text": text}
    return _("ВК отклонил товар и не назвал причину")


def end_of(code: str) -> str:
    """Why a run ended before its time; "" for none."""
    if code in ENDS:
        return str(ENDS[code])
    return (
        str(ConnectionFault(code).label) if code in ConnectionFault.values else _("Прервалась из-за ошибки программы.")
    )


def guards(verdict: dict) -> list[str]:
    """What each guard that tripped says, in a sentence."""
    return [_guard(name, figures) for name, figures in verdict.items()]


def _guard(name: str, figures: dict) -> str:
    if name == "marks":
        return ngettext(
            "В сообществе уже есть %(n)s товар с нашей отметкой. Возможно, база восстановлена или перенесена.",
            "В сообществе уже есть товары с нашими отметками: %(n)s. Возможно, база восстановлена или перенесена.",
            figures["items"],
        ) % {"n": figures["items"]}
    if name == "prices":
        return ngettext(
            "Цена изменилась больше чем на 50 %% у %(n)s товара из %(shown)s.",
            "Цены изменились больше чем на 50 %% у %(n)s товаров из %(shown)s.",
            figures["prices"],
        ) % {"n": figures["prices"], "shown": figures["shown"]}
    told = ngettext(
        "С витрины исчез бы %(n)s товар из %(shown)s.",
        "С витрины исчезло бы сразу %(n)s товаров из %(shown)s.",
        figures["removals"],
    ) % {"n": figures["removals"], "shown": figures["shown"]}
    if figures.get("creates"):
        told += " " + _("Пока это не решено, ждут и новые товары: %(n)s.") % {"n": figures["creates"]}
    return told


@dataclass(frozen=True, slots=True)
class Line:
    """One change of a preview: «Чай», «цена 120,00 ₽ → 135,00 ₽»."""

    name: str
    group: str
    changes: list[str]
    # Why it goes, and which guard would hold it back.
    why: str
    held: str


def line(kept: dict) -> Line:
    """Of a line as `vkmarket.previews` keeps it."""
    if kept["kind"] == "create":
        changes = [money(kept["price"])]
    elif kept["kind"] in ("hide", "delete"):
        changes = []
    else:
        changes = [change(field, *pair) for field, pair in kept["fields"].items()]
    hold, block = kept.get("hold", ""), kept.get("block", "")
    return Line(
        kept["name"],
        kept.get("group", ""),
        changes,
        str(Reason(hold).label) if hold else "",
        str(Block(block).label) if block else "",
    )


def change(field: str, before, after) -> str:
    """What became of one field of an item, as rows keep it."""
    match field:
        case "price":
            return _("цена %(before)s → %(after)s") % {"before": money(before), "after": money(after)}
        case "stock":
            return _("остаток %(before)s → %(after)s") % {"before": stock(before), "after": stock(after)}
        case "name":
            return _("название «%(before)s» → «%(after)s»") % {"before": before, "after": after}
        case "visible":
            return _("снова виден покупателям") if after else _("скрыт от покупателей")
        case "description":
            return _("другое описание")
        case "category_id":
            return _("другая категория")
        case "photo":
            return _("другая картинка")
    return _("другая подборка")
