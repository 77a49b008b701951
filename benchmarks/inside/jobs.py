"""The jobs of many merchants in one process, one after another: what each takes of processor and database."""

from functools import cache
from time import process_time

from django.conf import settings
from django.db import connection, transaction
from django_q.models import OrmQ

from benchmarks import calibration
from catalog.models import SyncConfig
from connections import linking
from connections.models import EvotorConnection, VkConnection
from evosync import jobs
from vkmarket import cards, tasks

from . import shops

# Written when something has changed, and only then.
GOODS = ("cached_products", "cached_groups", "vk_cached_products", "vk_cached_albums", "listings", "album_listings")


class NoPace:
    """Nobody waits here: what is measured is work, not patience."""

    def __init__(self, *args, **options):
        pass

    def wait(self) -> None:
        pass

    def hold_back(self, seconds: float) -> None:
        pass


class Statements:
    """Counts what is asked of the database, and what writes goods."""

    def __init__(self):
        self.all, self.writes = 0, []

    def __call__(self, execute, sql, params, many, context):
        self.all += 1
        words = sql.replace('"', " ").replace("`", " ").split()
        if words[0] in ("INSERT", "UPDATE", "DELETE") and set(words) & set(GOODS):
            self.writes.append(sql[:300])
        return execute(sql, params, many, context)


def open_shops(names: list[str]) -> None:
    with transaction.atomic():
        for number, name in enumerate(names):
            shops.open_shop(name, number)


def publish_all(names: list[str], url: str) -> None:
    """Bring the goods of these shops to VK, by the jobs that are measured afterwards."""
    _settle_in(url)
    # Thousands of pictures that nobody looks at: one is drawn for each place in a bulk.
    draw = cards.draw
    cards.draw = cache(lambda name, color, place=None: draw("Товар", color, place) if name else b"")
    for name in names:
        # The albums that were made are news to the mirror.
        for _time in range(2):
            tasks.request_sync(shops.merchant(name).pk)
            _cycle(name)
        run = shops.merchant(name).vk.community.runs.order_by("pk").last()
        assert (run.status, run.counts["waiting"]) == ("done", 0), (run.status, run.counts)


def run_all(names: list[str], url: str) -> dict:
    """The dispatcher for everybody, then the cycles of these shops with nothing changed."""
    _settle_in(url)
    merchants = SyncConfig.objects.count()
    SyncConfig.objects.update(next_sync_at=None, queued_at=None)
    for model in (EvotorConnection, VkConnection):
        model.objects.update(next_check_at=None)
    calibrated, asked, cycles = calibration.seconds(), Statements(), Statements()
    with connection.execute_wrapper(asked):
        began, begun = process_time(), 0
        while some := jobs.begin_cycles():
            begun += some
        dispatched = process_time() - began
    assert begun == merchants, begun
    OrmQ.objects.all().delete()
    with connection.execute_wrapper(cycles):
        began = process_time()
        for name in names:
            _cycle(name)
        took = process_time() - began
    assert not cycles.writes, cycles.writes[:3]
    return {
        "calibration": calibrated,
        "merchants": merchants,
        "dispatch": {"cpu": dispatched / begun, "queries": asked.all / begun},
        "cycle": {"cpu": took / len(names), "queries": cycles.all / len(names)},
    }


def _settle_in(url: str) -> None:
    settings.EVOTOR_API_URL, settings.VK_API_URL = f"{url}/evotor", f"{url}/vk"
    linking.SharedPace = NoPace


def _cycle(name: str) -> None:
    """A merchant's job and the one that it asks for."""
    user = shops.merchant(name)
    told = tasks.sync(user.pk)
    assert told.startswith("till: 1 stores read"), told
    told = tasks.publish_slice(user.vk.pk, read=True)
    assert told.startswith("done, left: False"), told
    OrmQ.objects.all().delete()
