"""A thousand merchants of whom nobody has changed anything."""

from . import market
from .figures import Benchmark, Figure
from .stage import Stage

MERCHANTS, GOODS = 1000, 10
# So many of them have goods and are run; the others are rows for the dispatcher to find its way among.
RUN = 200


def run(stage: Stage) -> list[Figure]:
    merchants, run = (10, 2) if stage.small else (MERCHANTS, RUN)
    names = [f"shop{number}" for number in range(merchants)]
    stage.place.ask("jobs.open_shops", names=names)
    with market.open_market() as vk:
        vk.ask("switch", name="rate_limit", value=False)
        for number, name in enumerate(names[:run]):
            vk.ask("open_shop", shop=name, number=number, count=GOODS)
        stage.place.ask("jobs.publish_all", names=names[:run], url=vk.url)
        done = stage.place.ask("jobs.run_all", names=names[:run], url=vk.url)
    loop = f"of {run} merchants with {GOODS} goods; loop {done['calibration']:.2f} s"
    return [
        Figure(f"{merchants} merchants, cycle of each unchanged: processor", done["cycle"]["cpu"], "s", None, loop),
        Figure("The same: queries", done["cycle"]["queries"], "", None, loop),
        Figure("The same, found and asked for by the dispatcher: processor", done["dispatch"]["cpu"], "s"),
        Figure("The same: queries", done["dispatch"]["queries"]),
    ]


BENCHMARK = Benchmark("jobs", "Many merchants", run)
