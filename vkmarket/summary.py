"""What a person at the command line reads of a round. Called in English (`accounts.commands.english`)."""

from connections.models import Community

from . import wording
from .models import AlbumListing, Listing
from .reasons import GUARDED, Block, label_of
from .reports import Report

# So many single goods are named; the rest is in the admin.
NAMED = 20


def summary_of(report: Report, community: Community | None, dry_run: bool) -> list[str]:
    """The round in lines: figures, holds, guards, and what VK said of single goods."""
    words = {
        "products": report.products,
        "created": report.created,
        "updated": report.updated,
        "hidden": report.hidden,
        "deleted": report.deleted,
        "held": report.held,
        "refused": report.refused,
        "for you to decide": report.failed - report.refused,
        "unknown": report.unknown,
        "waiting": report.waiting,
        "drift": report.drift,
        "confirmed": report.confirmed,
    }
    lines = [", ".join(f"{word} {count}" for word, count in words.items() if count) or "nothing to do"]
    if dry_run:
        lines = ["A dry run, nothing was sent. The plan: " + lines[0], *report.lines]
    lines += [f"  {label_of(code)}: {count}" for code, count in sorted(report.reasons.items()) if count]
    lines += [
        f"{said} {_way_out(name)}" for name, said in zip(report.guards, wording.guards(report.guards), strict=True)
    ]
    if community:
        lines += _of_single_goods(community)
        lines += _of_albums(community) if report.failed else []
    return lines


def _way_out(guard: str) -> str:
    """What a person can do about what a guard says."""
    if guard == "marks":
        return "To take them over, repeat with --approve."
    return "Nothing of this was sent; if it is right, repeat with --approve."


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
        lines.append(f"  … and {count - NAMED} more")
    return lines


def _of_albums(community: Community) -> list[str]:
    """Albums that VK has refused."""
    albums = AlbumListing.objects.filter(community=community).exclude(blocked="").order_by("pk")
    columns = ("title", "blocked", "error_code", "error_text")
    return [_of_one(f"Album {title}", *rest) for title, *rest in albums.values_list(*columns)[:NAMED]]


def _of_one(name: str, why: str, code: int | None, text: str) -> str:
    said = " ".join(str(part) for part in (code, text) if part)
    label = str(Block(why).label) if why else "waiting"
    return f"  «{name}»: {label}" + (f" (VK: {said})" if said else "")
