"""Every page of a large merchant among many others, as gunicorn serves it; the table of all goods; the first load."""

from collections.abc import Iterator
from statistics import median, quantiles
from time import perf_counter
from urllib.parse import quote

from . import calibration, site, till
from .children import peak_memory
from .figures import Benchmark, Figure
from .site import Browser, Site
from .stage import Stage

LARGE, MERCHANTS, GOODS, GROUPS = 100_000, 1000, 20, 10_000
MOST_MS, MOST_CSV_SECONDS, MOST_GROWTH, MOST_KB = 150, 10, 1.2, 250
WARM, TIMES = 5, 40
# What answers no page to whoever is signed in: leads on, or shows what is not there. The table is measured apart.
NOT_PAGES = {
    *("start", "catalog", "till", "window", "set_language", "account_login", "catalog:products_csv"),
    *("catalog:group_picture_file", "catalog:product_picture_file"),
    # The test asks Evotor or VK, and takes as long as they do.
    *("service_save evotor", "service_save vk", "service_test evotor", "service_test vk"),
}


def run(stage: Stage) -> list[Figure]:
    large, merchants, groups = (100, 2, 100) if stage.small else (LARGE, MERCHANTS, GROUPS)
    _fill(stage, large, merchants, groups)
    calibrated = calibration.seconds()
    with site.served(stage.place) as served:
        browser = _browser(stage, served, "large")
        figures = list(_pages(stage, served, browser))
        figures += _panel(stage, served)
    about = f"beside {merchants} other merchants; loop {calibrated:.2f} s"
    return [*_summary(figures, about), *figures, *_csv(stage, large)]


def _fill(stage: Stage, large: int, merchants: int, groups: int) -> None:
    ask, others = stage.place.ask, [f"shop{number}" for number in range(merchants)]
    folder = stage.place.folder / "large"
    ask("jobs.open_shops", names=others)
    ask("shops.open_shop", shop="large", number=merchants)
    till.render(folder, "large", large)
    with till.served(folder) as url:
        ask("refresh.read_once", shop="large", url=url)
    ask("planning.publish_all", shop="large")
    ask("crowd.furnish", shop="large", groups=groups)
    ask("crowd.open_others", shop="large", names=others, products=GOODS)


def _browser(stage: Stage, served: Site, who: str) -> Browser:
    return served.browser(stage.place.ask("addresses.cookie", shop=who))


def _pages(stage: Stage, served: Site, browser: Browser) -> Iterator[Figure]:
    listed = [
        (what, quote(address, safe="/?&=%")) for what, address in stage.place.ask("addresses.pages", shop="large")
    ]
    opened = _opened(browser, listed)
    asked = stage.place.ask("addresses.queries", shop="large", addresses=[address for _what, address in opened])
    for (what, address), count in zip(opened, asked, strict=True):
        yield _measured(stage, served, browser, f"`{what}`", address, f", {count} queries")
    whole = max(browser.weigh(browser.get(address)) for _what, address in opened[: 5 if stage.small else None])
    yield Figure("The heaviest page with all that it brings, the first time", whole / 1000, "kB", MOST_KB)


def _opened(browser: Browser, listed: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those that are pages. What takes no GET is none; anything else has to be named in NOT_PAGES."""
    answers = {what: browser.get(address).status for what, address in listed if what not in NOT_PAGES}
    if strange := {what: status for what, status in answers.items() if status not in (200, 405)}:
        raise AssertionError(f"These show nothing: give them what they show, or put them into NOT_PAGES: {strange}")
    return [(what, address) for what, address in listed if answers.get(what) == 200]


def _panel(stage: Stage, served: Site) -> Iterator[Figure]:
    browser = _browser(stage, served, stage.place.ask("crowd.open_office"))
    for what, address in stage.place.ask("addresses.panel")[: 3 if stage.small else None]:
        assert browser.get(address).status == 200, address
        yield _measured(stage, served, browser, f"`{what}`", address)


def _measured(stage: Stage, served: Site, browser: Browser, what: str, address: str, note: str = "") -> Figure:
    warm, times = (0, 1) if stage.small else (WARM, TIMES)
    for _ in range(warm):
        browser.get(address)
    before = served.processor()
    took = [browser.get(address).took * 1000 for _ in range(times)]
    worked = (served.processor() - before) * 1000 / times
    late = quantiles(took, n=20, method="inclusive")[-1] if len(took) > 1 else took[0]
    return Figure(what, late, "ms", MOST_MS, f"median {median(took):.0f} ms, processor {worked:.0f} ms{note}")


def _summary(figures: list[Figure], about: str) -> list[Figure]:
    timed = [figure for figure in figures if figure.unit == "ms"]
    slow = max(timed, key=lambda figure: figure.measured)
    return [Figure(f"{len(timed)} pages, p95: the slowest, {slow.what}", slow.measured, "ms", MOST_MS, about)]


def _csv(stage: Stage, large: int) -> list[Figure]:
    """In a process that has written nothing else: a tenth of the goods, then all."""
    address = dict(stage.place.ask("addresses.pages", shop="large"))["catalog:products_csv"]
    with site.served(stage.place, "--workers", "1") as served:
        browser = _browser(stage, served, "large")
        part = browser.lines(f"{address}?q={quote('чай чёрный')}")
        (worker,) = served.workers()
        before, began = peak_memory(worker), perf_counter()
        whole = browser.lines(address)
        took = perf_counter() - began
        after = peak_memory(worker)
    assert (part, whole) == (large // 10 + 1, large + 1), (part, whole)
    goods = f"{large:,} lines".replace(",", " ")
    peaks = f"{after / 1e6:.0f} MB beside {before / 1e6:.0f} MB"
    return [
        Figure(f"CSV of {goods}", took, "s", MOST_CSV_SECONDS),
        Figure("The same: peak memory, in times of that of a tenth of them", after / before, "x", MOST_GROWTH, peaks),
    ]


BENCHMARK = Benchmark("pages", "Pages", run)
