"""One merchant's price change while another's thousands of new goods keep the workers busy."""

from datetime import timedelta
from time import monotonic, sleep

import requests
from django.conf import settings
from django.db import transaction
from django.db.models import F

from catalog.models import CachedProduct, SyncConfig
from catalog.refreshing import refresh
from connections.models import EvotorConnection, VkConnection
from evosync.base import clock
from vkmarket.models import Listing
from vkmarket.publishing import request_run, request_slice

from . import shops

PATIENCE, POLL = 60, 0.05


def read_till(shop: str, url: str) -> None:
    """Fill the mirror; and nothing is to begin by itself meanwhile."""
    settings.EVOTOR_API_URL = f"{url}/evotor"
    assert refresh(shops.merchant(shop).evotor).complete
    now = clock.now()
    SyncConfig.objects.update(next_sync_at=now + timedelta(seconds=settings.CATALOG_REFRESH_INTERVAL_SECONDS))
    for model in (EvotorConnection, VkConnection):
        model.objects.update(next_check_at=now + timedelta(seconds=settings.HEALTH_CHECK_INTERVAL_SECONDS))


def change_prices(busy: str, shop: str, url: str, times: int, pause: float) -> dict:
    """Have one shop publish everything; meanwhile change a price in the other, some times, and wait for VK."""
    crowd = Listing.objects.filter(community=shops.merchant(busy).vk.community)
    request_slice(shops.merchant(busy).vk.pk)
    _until(lambda: crowd.bound().exists())
    took = []
    for number in range(times):
        took.append(_change_one(shop, url, number))
        sleep(pause)
    return {"took": took, "published": crowd.bound().count(), "left": crowd.filter(lane__isnull=False).count()}


def _change_one(shop: str, url: str, number: int) -> float:
    community = shops.merchant(shop).vk.community
    pk = CachedProduct.objects.filter(store__connection__user__email=f"{shop}@example.com").order_by("pk")[number].pk
    item_id = str(Listing.objects.get(community=community, source__product=pk).vk_item_id)
    mark = _journal(url, since=10**12)["last"]
    began = monotonic()
    with transaction.atomic():
        CachedProduct.objects.filter(pk=pk).update(price=F("price") + 1, hash=f"{number:032}")
        request_run(community, [pk])

    def edited() -> bool:
        edits = _journal(url, since=mark, method="market.edit")["entries"]
        return any(edit["params"].get("item_id") == item_id and edit["committed"] for edit in edits)

    _until(edited)
    return monotonic() - began


def _journal(url: str, **query) -> dict:
    return requests.get(f"{url}/control/journal", params=query, timeout=10).json()


def _until(seen) -> None:
    deadline = monotonic() + PATIENCE
    while not seen():
        assert monotonic() < deadline, "it does not come"
        sleep(POLL)
