"""The mirror of VK: evidence of what buyers see, never the source of creates."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from itertools import batched

from django.db import models, transaction

from catalog.mirroring import searchable
from connections.clients.vk import MarketAlbum, MarketItem
from connections.models import Community
from evosync.base import clock
from evosync.base.upsert import BATCH, retry_deadlocks, upsert

from .market import Showcase
from .models import Listing, VkAlbumPlace, VkCachedAlbum, VkCachedProduct

ITEM_FIELDS = (
    "title",
    "description",
    "price",
    "sku",
    "stock",
    "availability",
    "category_id",
    "albums",
    "photos",
    "thumb_url",
    "reject_info",
    "search_text",
    "hash",
    "absent_since",
)
ALBUM_FIELDS = ("title", "count", "is_main", "is_hidden", "absent_since")


def mirror(showcase: Showcase, community: Community) -> tuple[list[int], list[int]]:
    """Write what changed since the last reading; the ids of the items that changed, and of those that vanished.

    Only a complete reading lets anything vanish. Our listings of all these are to be read back.
    """
    known = _known(community)
    news = _news(showcase.items.values(), community, known)
    changed, vanished = [row.item_id for row in news], []
    if showcase.complete:
        vanished = [item_id for item_id, (_h, absent) in known.items() if item_id not in showcase.items and not absent]
    # First: once it is in the mirror it is no news any more, and whoever dies here must not take it along.
    doubt(community, changed + vanished)
    _write(news, community)
    _mirror_albums(showcase, community)
    _vanish(VkCachedProduct.objects.filter(community=community), "item_id", vanished)
    if showcase.complete:
        Community.objects.filter(pk=community.pk).update(market_read_at=showcase.started_at)
    return changed, vanished


def mirror_items(items: Iterable[MarketItem], community: Community) -> None:
    """Write the items that look otherwise than in the mirror; they are being read back already."""
    for some in batched(items, BATCH):
        known = _known(community, item_id__in=[item.item_id for item in some])
        _write(_news(some, community, known), community)


def _news(items: Iterable[MarketItem], community: Community, known: dict[int, tuple]) -> list[VkCachedProduct]:
    rows = [_item_row(community, item) for item in items]
    return [row for row in rows if known.get(row.item_id) != (row.hash, None)]


def _write(news: list[VkCachedProduct], community: Community) -> None:
    """Items of the mirror and the albums that they lie in. The places first: an item that is written is no news."""
    for some in batched(news, BATCH):
        retry_deadlocks(partial(_place, some, community))
    upsert(VkCachedProduct, news, unique=["community", "item_id"], fields=ITEM_FIELDS)


def _place(items: Iterable[VkCachedProduct], community: Community) -> None:
    wanted = {(album_id, item.item_id) for item in items for album_id in item.albums or [0]}
    with transaction.atomic():
        places = VkAlbumPlace.objects.filter(community=community, item_id__in=[item.item_id for item in items])
        there = {(album_id, item_id): pk for pk, album_id, item_id in places.values_list("pk", "album_id", "item_id")}
        places.filter(pk__in=[pk for place, pk in there.items() if place not in wanted]).delete()
        rows = [VkAlbumPlace(community=community, album_id=a, item_id=i) for a, i in sorted(wanted - there.keys())]
        VkAlbumPlace.objects.bulk_create(rows, ignore_conflicts=True)


def _known(community: Community, **where) -> dict[int, tuple]:
    """Hash and absence of rows of the mirror, by item id."""
    rows = VkCachedProduct.objects.filter(community=community, **where).values_list("item_id", "hash", "absent_since")
    return {item_id: (told, absent) for item_id, told, absent in rows}


def doubt(community: Community, item_ids: Iterable[int]) -> None:
    """These items look otherwise than when they were last confirmed: they are to be read back."""
    for some in batched(item_ids, BATCH):
        rows = Listing.objects.filter(community=community, vk_item_id__in=some)
        retry_deadlocks(partial(rows.update, confirmed_at=None))


def _item_row(community: Community, item: MarketItem) -> VkCachedProduct:
    told = asdict(item)
    digest = hashlib.blake2b(json.dumps(told, default=str, sort_keys=True).encode(), digest_size=16).hexdigest()
    told |= {
        "title": item.title[:500],
        "sku": item.sku[:64],
        "thumb_url": item.thumb_url[:1000],
        "albums": list(item.albums),
        "photos": list(item.photos),
        "search_text": searchable(item.title, item.sku)[:250],
    }
    return VkCachedProduct(community=community, hash=digest, **told)


def _mirror_albums(showcase: Showcase, community: Community) -> None:
    known = {row.album_id: row for row in VkCachedAlbum.objects.filter(community=community)}
    changed = []
    for album in showcase.albums.values():
        row = _album_row(community, album)
        old = known.get(album.album_id)
        if old is None or any(getattr(old, name) != getattr(row, name) for name in ALBUM_FIELDS):
            changed.append(row)
    upsert(VkCachedAlbum, changed, unique=["community", "album_id"], fields=ALBUM_FIELDS)
    if showcase.albums_complete:
        gone = [album_id for album_id, row in known.items() if album_id not in showcase.albums and not row.absent_since]
        _vanish(VkCachedAlbum.objects.filter(community=community), "album_id", gone)


def _album_row(community: Community, album: MarketAlbum) -> VkCachedAlbum:
    return VkCachedAlbum(community=community, **asdict(album) | {"title": album.title[:255]})


def _vanish(rows: models.QuerySet, key: str, ids: list[int]) -> None:
    for some in batched(ids, BATCH):
        rows.filter(**{f"{key}__in": some}).update(absent_since=clock.now())
