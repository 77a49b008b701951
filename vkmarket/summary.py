"""What a person at the command line reads of a round."""

from connections.models import Community

from .models import AlbumListing, Listing
from .reasons import GUARDED, Block, label_of
from .reports import Report

# So many single goods are named; the rest is in the admin.
NAMED = 20


def told(report: Report, community: Community | None, dry_run: bool) -> list[str]:
    """The round in lines: figures, holds, guards, and what VK said of single goods."""
    words = {
        "товаров": report.products,
        "создано": report.created,
        "изменено": report.updated,
        "скрыто": report.hidden,
        "удалено": report.deleted,
        "не публикуется": report.held,
        "отклонено": report.failed,
        "ответ неизвестен": report.unknown,
        "ждёт": report.waiting,
        "расходится": report.drift,
        "подтверждено в ВК": report.confirmed,
    }
    lines = [", ".join(f"{word} {count}" for word, count in words.items() if count) or "нечего делать"]
    if dry_run:
        lines = ["Пробный запуск, ничего не отправлено. План: " + lines[0], *report.lines]
    lines += [f"  {label_of(code)}: {count}" for code, count in sorted(report.reasons.items()) if count]
    lines += [_of_guard(name, figures) for name, figures in report.guards.items()]
    if community:
        lines += _of_single_goods(community)
        lines += _of_albums(community) if report.failed else []
    return lines


def _of_guard(name: str, figures: dict[str, int]) -> str:
    """What a guard that waits for a person says."""
    if name == "marks":
        return (
            f"В сообществе уже есть товары с нашими знаками: {figures['items']}. Возможно, база восстановлена или "
            "перенесена. Чтобы взять их под управление, повторите с --approve."
        )
    if name == "prices":
        return (
            f"Цены изменились больше чем на 50 % у {figures['prices']} из {figures['shown']} товаров. "
            "Эти цены не отправлены; если так и нужно, повторите с --approve."
        )
    return (
        f"С витрины исчезло бы {figures['removals']} из {figures['shown']} товаров сразу. Ничего из этого не "
        "отправлено; если так и нужно, повторите с --approve."
    )


def _of_single_goods(community: Community) -> list[str]:
    """Goods that wait or are refused for a reason of their own, each with VK's words."""
    blocked = Listing.objects.filter(community=community).exclude(blocked="", error_text="").order_by("pk")
    own = blocked.exclude(blocked__in=GUARDED)
    lines = [
        _of_one((wanted or {}).get("name", sku), why, code, text)
        for sku, wanted, why, code, text in own.values_list("sku", "wanted", "blocked", "error_code", "error_text")[
            :NAMED
        ]
    ]
    if len(lines) == NAMED and (count := own.count()) > NAMED:
        lines.append(f"  … и ещё {count - NAMED}")
    return lines


def _of_albums(community: Community) -> list[str]:
    """Albums that VK has refused."""
    albums = AlbumListing.objects.filter(community=community).exclude(blocked="").order_by("pk")
    columns = ("title", "blocked", "error_code", "error_text")
    return [_of_one(f"Подборка {title}", *rest) for title, *rest in albums.values_list(*columns)[:NAMED]]


def _of_one(name: str, why: str, code: int | None, text: str) -> str:
    said = " ".join(str(part) for part in (code, text) if part)
    label = str(Block(why).label) if why else "Ждёт"
    return f"  «{name}»: {label}" + (f" (ВК: {said})" if said else "")
