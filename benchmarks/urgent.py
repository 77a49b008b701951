"""How long a price change waits while somebody else keeps the workers busy."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from . import market
from .children import ROOT
from .figures import Benchmark, Figure
from .stage import Stage

BUSY, SMALL, TIMES, PAUSE = 5000, 20, 6, 4
MOST_SECONDS = 10


def run(stage: Stage) -> list[Figure]:
    busy, times, pause = (60, 1, 0) if stage.small else (BUSY, TIMES, PAUSE)
    with market.open_market() as vk:
        for number, (shop, count) in enumerate((("busy", busy), ("other", SMALL))):
            stage.place.ask("shops.open_shop", shop=shop, number=number)
            vk.ask("open_shop", shop=shop, number=number, count=count)
        stage.place.ask("publish.go", shop="other", url=vk.url)
        stage.place.ask("urgent.read_till", shop="busy", url=vk.url)
        with _workers(stage, vk.url):
            done = stage.place.ask(
                "urgent.change_prices", busy="busy", shop="other", url=vk.url, times=times, pause=pause
            )
    assert stage.small or done["left"], "the other merchant was ready too early: nobody had to wait"
    every = ", ".join(f"{seconds:.1f}" for seconds in done["took"])
    return [
        Figure(
            f"Price to VK by `request_run` while another publishes {busy} new items, two workers: the longest",
            max(done["took"]),
            "s",
            MOST_SECONDS,
            f"of {every} s; {done['published']} were published by then",
        )
    ]


@contextmanager
def _workers(stage: Stage, url: str) -> Iterator[None]:
    """Both clusters, one worker each."""
    place = stage.place
    environment = place.environment | {
        "WORKERS": "1",
        "EVOTOR_API_URL": f"{url}/evotor",
        "VK_API_URL": f"{url}/vk",
    }
    command = [sys.executable, str(ROOT / "manage.py"), "worker"]
    workers = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        workers.terminate()
        workers.wait()


BENCHMARK = Benchmark("urgent", "One does not wait for another", run)
