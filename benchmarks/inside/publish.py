"""Publishing to a VK that keeps its pace, and the plain way of doing the same."""

from time import perf_counter

from django.conf import settings

from benchmarks import calibration
from catalog.models import CachedProduct
from catalog.refreshing import refresh
from connections import linking
from connections.clients import vk
from vkmarket import cards, publishing

from . import shops


def go(shop: str, url: str) -> dict:
    """Read the till, then bring everything to VK; only that is measured."""
    user = _ready(shop, url)
    client, calibrated = linking.vk_client(user.vk), calibration.seconds()
    began = perf_counter()
    report = publishing.publish(user, client)
    took = perf_counter() - began
    assert not (report.error or report.failed or report.waiting or report.unknown), report
    return {
        "created": report.created,
        "updated": report.updated,
        "confirmed": report.confirmed,
        "requests": client.requests,
        "took": took,
        "calibration": calibrated,
    }


def plainly(shop: str, url: str, count: int) -> dict:
    """What a script would do with the last goods of the till: one call after another, four calls a new item, one an
    edit, and no look whether it came to anything."""
    user = _ready(shop, url)
    client, owner_id = linking.vk_client(user.vk), user.vk.community.owner_id
    rows = list(CachedProduct.objects.filter(store__connection__user=user).order_by("-pk")[:count])
    album = client.call("market.addAlbum", owner_id=owner_id, title="Подряд")["market_album_id"]
    client.requests, made = 0, []
    began = perf_counter()
    for row in rows:
        address = _call(client, vk.upload_server(-owner_id))["upload_url"]
        uploaded = client.upload(address, {"file": cards.draw(row.name)})
        photo = _call(client, vk.save_photo(uploaded))["photo_id"]
        told = {"name": row.name, "description": f"{row.name}, {row.article_number}", "price": row.price}
        category = user.sync_config.default_category_id
        added = _call(client, vk.add_item(owner_id, **told, category_id=category, main_photo_id=photo))
        made.append(added["market_item_id"])
        _call(client, vk.add_to_album(owner_id, made[-1:], [album]))
    new = {"requests": client.requests, "took": perf_counter() - began}
    client.requests = 0
    began = perf_counter()
    for row, item_id in zip(rows, made, strict=True):
        _call(client, vk.edit_item(owner_id, item_id, price=row.price + 1))
    return {"new": new, "edits": {"requests": client.requests, "took": perf_counter() - began}}


def _call(client: vk.VkClient, call: vk.Call):
    return client.call(call.method, **call.params)


def _ready(shop: str, url: str):
    settings.EVOTOR_API_URL, settings.VK_API_URL = f"{url}/evotor", f"{url}/vk"
    user = shops.merchant(shop)
    done = refresh(user.evotor)
    assert done.complete, done
    return user
