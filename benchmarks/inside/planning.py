"""From the rows of the mirror to a stored plan: what a round does before it sends anything."""

from time import perf_counter

from django.db.models import F, Max

from benchmarks import calibration
from benchmarks.children import peak_memory
from catalog.models import CachedProduct
from evosync.base import clock
from vkmarket.leasing import lease_of
from vkmarket.market import Market
from vkmarket.models import Listing, ListingSource, SyncRun
from vkmarket.rounds import Round, Scope

from . import shops

# One product of so many is dearer the next time.
CHANGED = 100


def publish_all(shop: str) -> dict:
    """Plan everything for the first time, and let it be as if VK had taken it."""
    user = shops.merchant(shop)
    began = perf_counter()
    _plan(user)
    took = perf_counter() - began
    rows = Listing.objects.filter(community=user.vk.community, wanted__isnull=False)
    done = {"vk_item_id": F("pk"), "photo_id": F("pk"), "shown": True, "lane": None, "confirmed_at": clock.now()}
    return {"listings": rows.update(sent=F("wanted"), **done), "took": took}


def plan_changed(shop: str, rounds: int, all_anew: bool) -> dict:
    """Plan with 1 % of the prices changed, another 1 % each time. `all_anew`: as after an upgrade of the rules, so
    that everything goes through them, and the same 1 % is what comes of it."""
    user = shops.merchant(shop)
    calibrated, took = calibration.seconds(), []
    for turn in range(rounds):
        changed = _make_dearer(user, turn)
        if all_anew:
            ListingSource.objects.filter(community=user.vk.community).update(context="")
        began = perf_counter()
        run = _plan(user)
        took.append(perf_counter() - began)
        assert run.planned == {"update": changed}, run.planned
        assert not run.verdict, run.verdict
        # As if VK had taken them: the next turn plans its own alone.
        Listing.objects.filter(community=user.vk.community, lane__isnull=False).update(sent=F("wanted"), lane=None)
    return {"calibration": calibrated, "took": min(took), "changed": changed, "peak": peak_memory()}


def _make_dearer(user, turn: int) -> int:
    mine = CachedProduct.objects.filter(store__connection__user=user)
    pks = list(mine.order_by("pk").values_list("pk", flat=True))[turn::CHANGED]
    # The hash is that of another answer of the till.
    told = SyncRun.objects.aggregate(last=Max("pk"))["last"] or 0
    for start in range(0, len(pks), 500):
        mine.filter(pk__in=pks[start : start + 500]).update(price=F("price") + 1, hash=f"{told:032}")
    return len(pks)


def _plan(user) -> SyncRun:
    """The very steps of a round from the rows to the plan."""
    community = user.vk.community
    with lease_of(community) as lease:
        steps = Round(user, Market(None, community), lease, user.sync_config, Scope())
        steps.run = steps._open()
        steps._wish()
        steps._judge()
    SyncRun.objects.filter(pk=steps.run.pk).update(status=SyncRun.Status.DONE)
    return steps.run
