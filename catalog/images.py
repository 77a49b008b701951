"""Ask Evotor for the pictures of products that are new or have changed. Nothing in a refresh depends on it.

The method is of 2018 and absent from today's documentation: a store where it is forbidden or gone is left alone
until the next refresh, and no fault is shown for it.
"""

import random
from collections.abc import Iterable
from datetime import datetime

import structlog
from django.db import transaction

from connections.clients.errors import ApiError, AuthenticationError, NotFound, PermanentError
from connections.clients.evotor import EvotorClient
from evosync.base import clock
from evosync.base.upsert import retry_deadlocks

from . import mirroring
from .models import CachedProduct, CachedStore

log = structlog.get_logger(__name__)

# How many products of a store one refresh asks about, and for how many seconds it asks in all.
ASKED = 500
SECONDS = 8.0
# So many products in a row "not found", and none found: it is the method that is not there.
GONE = 3
# What must be left of Evotor's allowance of requests for the refreshes that follow.
SHARE_KEPT = 0.5


def ask_for_images(stores: Iterable[CachedStore], client: EvotorClient) -> int:
    """Ask about products of these stores that were not asked about yet; how many are known now.

    An error that is not of one store ends it for this time: what was not asked stays due.
    """
    until, known = clock.monotonic() + SECONDS, 0
    for store in stores:
        asking = _Asking(store, client)
        try:
            asking.run(until)
        except PermanentError as error:
            log.debug("no pictures of this store", store=store.evotor_id, error=str(error))
            if isinstance(error, AuthenticationError):
                # Whether the token is refused is for the calls to say that do not depend on a permission.
                break
        except ApiError as error:
            log.debug("no more pictures now", store=store.evotor_id, error=str(error))
            break
        finally:
            known += asking.keep(clock.now())
    return known


class _Asking:
    """The questions about one store, and the answers that are not stored yet."""

    def __init__(self, store: CachedStore, client: EvotorClient):
        self._store, self._client = store, client
        # By primary key: the address, '' for none.
        self._told: dict[int, str] = {}
        # Not found, while nothing else was, which may be the method: by primary key, the address known before.
        self._doubtful: dict[int, str] = {}
        self._works = False

    def run(self, until: float) -> None:
        """Ask one product after another. Raises the client's errors; what was told before them counts."""
        due = CachedProduct.objects.present().filter(store=self._store, image_checked_at=None).order_by("pk")
        rows = list(due.values_list("pk", "evotor_id", "image_url")[:ASKED])
        # So that one product which always fails does not stand before the same others each time.
        random.shuffle(rows)
        for pk, evotor_id, known in rows:
            if clock.monotonic() >= until or _is_short(self._client.allowance_left):
                return
            try:
                addresses = self._client.image_urls(self._store.evotor_id, evotor_id)
            except NotFound:
                self._note_missing(pk, known)
            else:
                self._works = True
                self._told[pk] = next(filter(None, map(mirroring.address, addresses)), "")

    def _note_missing(self, pk: int, known: str) -> None:
        """No picture, no product, or no such method: the first ones do not tell which."""
        if self._works:
            self._told[pk] = ""
            return
        self._doubtful[pk] = known
        if len(self._doubtful) >= GONE:
            self._doubtful.clear()
            raise NotFound(404, "no product has pictures to ask for", "images")

    def keep(self, now: datetime) -> int:
        """Store what was told. A doubtful answer takes no picture away that was once there."""
        told = self._told | {pk: "" if self._works else known for pk, known in self._doubtful.items()}
        rows = CachedProduct.objects.all()

        def write():
            with transaction.atomic():
                rows.filter(pk__in=[pk for pk, url in told.items() if not url]).update(
                    image_url="", image_checked_at=now
                )
                for pk in sorted(pk for pk, url in told.items() if url):
                    rows.filter(pk=pk).update(image_url=told[pk], image_checked_at=now)

        if told:
            retry_deadlocks(write)
        return len(told)


def _is_short(share_left: float | None) -> bool:
    return share_left is not None and share_left < SHARE_KEPT
