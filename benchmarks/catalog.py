"""Large catalogs: an unchanged refresh, and the way from the rows to a stored plan."""

from . import till
from .figures import Benchmark, Figure
from .stage import Stage

LARGE, LESS = 100_000, 10_000
# Of the bare fetch and json.loads of the same pages; and of the memory for a tenth of the goods.
MOST_TIMES, MOST_GROWTH = 6, 1.2
MOST_SECONDS, MOST_SECONDS_RULES, MOST_BYTES = 2, 6, 400e6


def run(stage: Stage) -> list[Figure]:
    large, less = (400, 200) if stage.small else (LARGE, LESS)
    return [*_refresh(stage, large, less), *_plan(stage, large)]


def _refresh(stage: Stage, large: int, less: int) -> list[Figure]:
    ask, memory = stage.place.ask, {}
    for number, (shop, count) in enumerate((("less", less), ("large", large))):
        folder = stage.place.folder / shop
        ask("shops.open_shop", shop=shop, number=number)
        till.render(folder, shop, count)
        with till.served(folder) as url:
            ask("refresh.read_once", shop=shop, url=url)
            memory[shop] = ask("refresh.memory", shop=shop, url=url)["peak"]
            if shop == "large":
                pages = till.addresses(url, folder, shop)
                again = ask("refresh.read_again", shop=shop, url=url, addresses=pages, rounds=stage.rounds)
    goods = f"{large:,} products".replace(",", " ")
    bare = f"{again['took']:.2f} s beside {again['bare']:.2f} s; loop {again['calibration']:.2f} s"
    peaks = f"{memory['large'] / 1e6:.0f} MB beside {memory['less'] / 1e6:.0f} MB"
    return [
        Figure(f"Refresh of {goods}, unchanged: statements that write products", again["writes"], "", 0, exact=True),
        Figure(
            "The same: time, in times of fetching and parsing the same pages",
            again["took"] / again["bare"],
            "x",
            MOST_TIMES,
            bare,
        ),
        Figure(
            "The same: peak memory, in times of that of a tenth of them",
            memory["large"] / memory["less"],
            "x",
            MOST_GROWTH,
            peaks,
        ),
    ]


def _plan(stage: Stage, large: int) -> list[Figure]:
    ask = stage.place.ask
    first = ask("planning.publish_all", shop="large")
    # Some seconds, which a neighbour's second spoils: measured more often than the others.
    changed = ask("planning.plan_changed", shop="large", rounds=2 * stage.rounds, all_anew=False)
    anew = ask("planning.plan_changed", shop="large", rounds=stage.rounds, all_anew=True)
    goods = f"{large:,} listings".replace(",", " ")
    loop = "loop {calibration:.2f} s"
    return [
        Figure(
            f"Rows to stored plan, {goods}, 1 % changed",
            changed["took"],
            "s",
            MOST_SECONDS,
            loop.format(**changed),
        ),
        Figure("The same: peak memory", changed["peak"] / 1e6, "MB", MOST_BYTES / 1e6),
        Figure(
            "The same with every product through the rules", anew["took"], "s", MOST_SECONDS_RULES, loop.format(**anew)
        ),
        Figure("The same: peak memory", anew["peak"] / 1e6, "MB", MOST_BYTES / 1e6),
        Figure("The first plan, with every listing to be made", first["took"], "s", None, loop.format(**anew)),
    ]


BENCHMARK = Benchmark("catalog", "Large catalogs", run)
