"""What we are about to ask of VK, committed before the call. What comes of it is `vkmarket.outcomes`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from connections.clients.vk import Call
from evosync.base import clock
from evosync.base.upsert import retry_deadlocks

from .leasing import Held
from .models import Attempt


@dataclass(slots=True)
class Intention:
    """One inner call about one or several listings, each with its attempt."""

    call: Call
    attempts: list[Attempt]

    def again(self) -> "Intention":
        """The same once more, to be committed as attempts of their own."""
        kept = ("kind", "listing", "album", "run", "before", "after", "alarm")
        return Intention(self.call, [Attempt(**{name: getattr(a, name) for name in kept}) for a in self.attempts])


def settled_after(attempt: Attempt) -> datetime:
    """When a complete read must have begun to prove that the add of this attempt did not happen."""
    return attempt.sent_at + timedelta(seconds=settings.VK_CALL_DEADLINE + settings.VK_READ_LAG)


def commit(intentions: Sequence[Intention], lease: Held) -> None:
    """Keep the intentions, as the holder of the lease, before a byte of them is sent."""
    attempts = [attempt for intention in intentions for attempt in intention.attempts]

    def write():
        now = clock.now()
        with transaction.atomic():
            lease.renew()
            for attempt in attempts:
                attempt.fence, attempt.sent_at = lease.fence, now
                attempt.in_flight, attempt.album_in_flight = attempt.listing_id, attempt.album_id
            Attempt.objects.outdate(attempts)
            Attempt.objects.bulk_create(attempts)

    retry_deadlocks(write)
