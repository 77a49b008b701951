"""Requests to VK and the time they take, beside the plain way."""

from . import market
from .figures import Benchmark, Figure
from .stage import Stage

PER_SECOND = 2.8
# How much longer than its requests at VK's pace the work may take.
MOST_WALL = 1.15
NEW_IN_BULKS, NEW_SINGLY, PLAIN = 2000, 1000, 12


def run(stage: Stage) -> list[Figure]:
    many, fewer, plain = (60, 60, 3) if stage.small else (NEW_IN_BULKS, NEW_SINGLY, PLAIN)
    figures = []
    with market.open_market() as vk:
        _open(stage, vk, "plain", 2, plain)
        slow = stage.place.ask("publish.plainly", shop="plain", url=vk.url, count=plain)
        _open(stage, vk, "bulks", 0, many)
        figures += _new(stage, vk, "bulks", many, 0.08 * many + 20, "uploads in bulks", slow["new"], plain)
        vk.ask("put", shop="bulks", first=0, count=many, dearer=1)
        figures += _edits(stage, vk, "bulks", many, slow["edits"], plain)
        vk.ask("switch", name="bulk_sizes", value=False)
        _open(stage, vk, "singly", 1, fewer)
        figures += _new(stage, vk, "singly", fewer, 0.14 * fewer + 20, "uploads one by one", slow["new"], plain)
    return figures


def _open(stage: Stage, vk: market.Market, shop: str, number: int, count: int) -> None:
    stage.place.ask("shops.open_shop", shop=shop, number=number)
    vk.ask("open_shop", shop=shop, number=number, count=count)


def _new(stage, vk, shop: str, count: int, most: float, how: str, plain: dict, of: int) -> list[Figure]:
    done = _measured(stage, vk, shop)
    assert done["created"] == done["confirmed"] == count, done
    return _told(f"{count} new items with pictures, {how}", done, most, plain, of, count)


def _edits(stage, vk, shop: str, count: int, plain: dict, of: int) -> list[Figure]:
    done = _measured(stage, vk, shop)
    assert done["updated"] == done["confirmed"] == count, done
    return _told(f"{count} changed prices", done, count / 25 + count / 500 + 10, plain, of, count)


def _measured(stage: Stage, vk: market.Market, shop: str) -> dict:
    """What it came to; requests as VK has counted them."""
    before = vk.ask("requests")
    done = stage.place.ask("publish.go", shop=shop, url=vk.url)
    assert vk.ask("requests") - before == done["requests"]
    return done


def _told(what: str, done: dict, most: float, plain: dict, of: int, count: int) -> list[Figure]:
    wall = done["took"] / (done["requests"] / PER_SECOND)
    times = plain["took"] / of * count / done["took"]
    took = f"{done['took']:.0f} s; loop {done['calibration']:.2f} s"
    return [
        Figure(f"{what}: requests to `/method/`", done["requests"], "", most, exact=True),
        Figure("The same: time, in times of requests at 2.8 a second", wall, "x", MOST_WALL, took),
        Figure(
            "The same the plain way: requests",
            plain["requests"] / of * count,
            "",
            None,
            f"from {of} items in {plain['took']:.0f} s: {times:.0f} times as long",
        ),
    ]


BENCHMARK = Benchmark("publish", "Publishing at VK's pace", run)
