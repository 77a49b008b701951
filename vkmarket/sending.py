"""Send what is due, lane by lane, up to 25 calls in one request."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from accounts.models import Status
from catalog.models import SyncConfig
from connections.clients.vk_calls import MOST_CALLS
from connections.models import Community
from evosync.base import clock

from . import album_sending, calls
from .exchange import Exchange
from .intentions import Intention
from .models import Attempt, Listing
from .models.listings import ListingQuerySet
from .picture_sending import LOOKED_AT, Pictures
from .plan import Change, next_step
from .reasons import Lane
from .stages import Stage, Tell, untold

# Adds carry texts: a request of them stays well below what any server takes.
BYTES = 200_000
ALBUM_PAUSE = timedelta(minutes=1)

Due = list[tuple[Listing, Change]]


@dataclass(slots=True)
class Sender:
    """Empties the lanes of one community over one exchange."""

    exchange: Exchange
    pictures: Pictures
    tell: Tell = untold
    # The merchant asked to stop: what is not sent stays due.
    stopped: bool = False

    def send(self, until: float | None = None) -> bool:
        """Send until nothing is due, or until the clock (monotonic seconds) says `until`; whether more is due.

        Raises what stops the whole community: the token refused, the market off, VK out of reach.
        """
        while self._allowed():
            batch = self._pick()
            if not batch:
                return False
            known = len(self.exchange.singly)
            self._send_batch(batch)
            done = sum(self.exchange.counts.values())
            self.tell(Stage.SENDING, done, done + self._due().count())
            # Asked after the batch, so that every slice gets on, however long it took to come here. What VK has just
            # refused together goes singly at once: the next slice would not know, and send it together again.
            if until is not None and clock.monotonic() >= until and len(self.exchange.singly) == known:
                return self._due().exists()
        return False

    def _allowed(self) -> bool:
        """Is the switch still on, the account active, and has nobody asked to stop? Sending may take an hour."""
        community = self.exchange.market.community
        active = SyncConfig.objects.filter(user__vk__community=community, enabled=True, user__status=Status.ACTIVE)
        stops = list(active.values_list("stopped_at", flat=True))
        self.stopped = any(stops)
        return bool(stops) and not self.stopped

    def _due(self) -> ListingQuerySet:
        due = sendable(self.exchange.market.community, clock.now(), self.exchange.paused)
        return due.select_related("source__product").order_by("lane", "id")

    def _pick(self) -> list[Listing]:
        """The next batch. Adds go alone, since only their loss is dangerous; all else may be mixed."""
        due = self._due()
        first = list(due[:MOST_CALLS])
        if not first:
            return []
        if first[0].lane == Lane.ALBUM:
            # One call puts many items into an album.
            return list(due[: MOST_CALLS * calls.ITEMS_AN_ALBUM_CALL]) if len(first) == MOST_CALLS else first
        adds = first[0].is_add
        most = room(self.exchange.market.community, clock.now()) if adds else MOST_CALLS
        alike = [listing for listing in first if listing.is_add == adds]
        if len(first) < MOST_CALLS or len(alike) >= most:
            return alike[:most]
        return list((due.adds() if adds else due.no_adds())[:most])

    def _send_batch(self, listings: list[Listing]) -> None:
        due = [(listing, change) for listing in listings if (change := self._still_due(listing))]
        second = calls.second_tries([listing.pk for listing, _change in due])
        due = self.pictures.upload(due, second, lambda: self._ahead(listings), self.exchange.lease)
        albums = self._albums(due)
        due = [pair for pair in due if next_step(pair[1]).lane != Lane.ALBUM or self._album_ready(*pair, albums)]
        maker = calls.CallMaker(self.exchange.market.owner_id, self.exchange.run, second, albums, self.exchange.singly)
        if intentions := _bounded(maker.intentions(due)):
            self.exchange.request(intentions)

    def _ahead(self, batch: list[Listing]) -> Due:
        """What the next batches will send that may need pictures."""
        due = self._due().exclude(pk__in=[listing.pk for listing in batch])
        due = due.adds() if batch[0].is_add else due.filter(lane=Lane.PHOTO).exclude(pk__in=self.pictures.lacking)
        return [(listing, change) for listing in due[:LOOKED_AT] if (change := listing.change())]

    def _still_due(self, listing: Listing) -> Change | None:
        """What the listing needs as it is now. One that needs nothing leaves its lane."""
        change = listing.change()
        if change is None:
            Listing.objects.filter(pk=listing.pk).update(lane=None)
            return None
        return self.pictures.without(listing, change)

    def _albums(self, due: Due) -> dict[int, int]:
        """VK's albums that the next calls name, by our rows; those that are not there yet are made."""
        wanted = set()
        for _listing, change in due:
            if next_step(change).lane == Lane.ALBUM:
                wanted |= {album for album in (change.lies_in, change.after.album) if album is not None}
        return album_sending.make_ready(self.exchange, wanted) if wanted else {}

    def _album_ready(self, listing: Listing, change: Change, albums: dict[int, int]) -> bool:
        """Can its next call name the VK album that it leaves or goes into? Else that is written down: it lies in none
        any more, or waits for the new one."""
        if change.lies_in is not None:
            if change.lies_in in albums:
                return True
            # The album it lies in is gone: it lies nowhere.
            listing.amend(album=None)
            listing.plan_lane()
            listing.save(update_fields=["sent", "lane"])
            return False
        if change.after.album in albums:
            return True
        listing.due_at = clock.now() + ALBUM_PAUSE
        listing.save(update_fields=["due_at"])
        return False


def sendable(community: Community, at: datetime, resting: Collection[int]) -> ListingQuerySet:
    """What could be sent then: due, in none of the lanes that rest, and no add where our caps leave no room."""
    due = Listing.objects.filter(community=community).due(at).exclude(lane__in=resting)
    return due if room(community, at) else due.no_adds()


def room(community: Community, at: datetime) -> int:
    """How many adds a batch may hold then under the caps on new goods."""
    caps = ((settings.VK_CREATES_PER_HOUR, timedelta(hours=1)), (settings.VK_CREATES_PER_DAY, timedelta(days=1)))
    left = [cap - _added_since(community, at - span) for cap, span in caps if cap]
    return max(0, min([MOST_CALLS, *left]))


def _added_since(community: Community, moment: datetime) -> int:
    """How many adds of this community may have happened since."""
    adds = Attempt.objects.filter(listing__community=community, kind=Attempt.Kind.CREATE, sent_at__gt=moment)
    return adds.exclude(state__in=(Attempt.State.NOT_RUN, Attempt.State.REFUSED)).count()


def _bounded(intentions: Sequence[Intention]) -> list[Intention]:
    """As many as one request takes; the rest stays due."""
    taken: list[Intention] = []
    size = 0
    for intention in intentions[:MOST_CALLS]:
        size += len(str(intention.call.params).encode())
        if taken and size > BYTES:
            break
        taken.append(intention)
    return taken
