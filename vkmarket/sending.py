"""Send what is due, lane by lane, up to 25 calls in one request, each intention committed before its call."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import batched

from django.db.models import QuerySet

from connections.clients import vk
from connections.clients.errors import ApiError, OutcomeUnknown, Throttled
from connections.clients.vk import NotRun, Refused, Unknown
from connections.clients.vk_errors import error_for
from connections.models import EvotorConnection
from evosync.base import clock

from . import album_sending, calls, photos
from .intentions import THROTTLED, TOO_FAST, Intention, commit, record
from .leasing import Held
from .market import Market
from .models import Attempt, Listing, SyncRun
from .plan import Change, next_step
from .reasons import Lane

CALLS = 25
# Adds carry texts: a request of them stays well below what any server takes.
BYTES = 200_000
UNANSWERED_IN_A_ROW = 3
TOO_FAST_IN_A_ROW = 10
A_SECOND = 1.0
# Codes that mean a missing right, of the account or to one item.
RIGHTS = {7, 20, 21, 203, 205, 260}
PICTURE_PAUSE = timedelta(minutes=10)
# When a picture of Evotor that could not be had is asked for again.
PICTURE_AGAIN = timedelta(hours=1)
ALBUM_PAUSE = timedelta(minutes=1)


@dataclass(slots=True)
class Sender:
    """One worker's sending to one community, while it holds the lease."""

    market: Market
    lease: Held
    run: SyncRun
    card_color: str = ""
    tell: Callable = lambda *_: None
    # Accepted calls by kind.
    counts: Counter = field(default_factory=Counter)
    # Listings that go singly into their album, because VK refused them together with others.
    singly: set[int] = field(default_factory=set)
    # Lanes that VK has throttled: what lies behind them goes on.
    paused: set[int] = field(default_factory=set)
    unanswered: int = 0
    too_fast: int = 0
    # Listings whose picture of Evotor could not be had this time, and what fetches such pictures.
    without_picture: set[int] = field(default_factory=set)
    fetch: photos.Fetch | None = None

    def send(self, until: float | None = None) -> None:
        """Send until nothing is due, or until the clock (monotonic seconds) says `until`.

        Raises what stops the whole community: the token refused, the market off, VK out of reach.
        """
        while until is None or clock.monotonic() < until:
            batch = self._pick()
            if not batch:
                return
            self._send_batch(batch)
            left = self._due().count()
            self.tell("Отправка в ВК", sum(self.counts.values()), sum(self.counts.values()) + left)

    def _due(self) -> QuerySet[Listing]:
        due = Listing.objects.filter(community=self.market.community).due(clock.now()).exclude(lane__in=self.paused)
        return due.select_related("source__product").order_by("lane", "id")

    def _pick(self) -> list[Listing]:
        """The next batch. Adds go alone, since only their loss is dangerous; all else may be mixed."""
        first = self._due().first()
        if first is None:
            return []
        if first.lane == Lane.NEW and not first.vk_item_id:
            return list(self._due().filter(lane=Lane.NEW, vk_item_id=None)[:CALLS])
        rest = self._due().exclude(lane=Lane.NEW, vk_item_id=None)
        # One call puts many items into an album.
        return list(rest[: CALLS * calls.ITEMS_AN_ALBUM_CALL] if first.lane == Lane.ALBUM else rest[:CALLS])

    def _send_batch(self, listings: list[Listing]) -> None:
        due = [(listing, change) for listing in listings if (change := self._still_due(listing))]
        second = calls.second_tries([listing.pk for listing, _change in due])
        due = self._with_pictures(due, second)
        albums = self._albums(due)
        due = [pair for pair in due if next_step(pair[1]).lane != Lane.ALBUM or self._album_ready(*pair, albums)]
        maker = calls.CallMaker(self.market.owner_id, self.run, second, albums, self.singly)
        if intentions := self._bounded(maker.intentions(due)):
            self.request(intentions, record)

    def _still_due(self, listing: Listing) -> Change | None:
        change = listing.change()
        if change is None:
            Listing.objects.filter(pk=listing.pk).update(lane=None)
        elif listing.pk in self.without_picture and next_step(change).lane == Lane.PHOTO:
            # It holds up nothing else of this listing.
            change = replace(change, after=replace(change.after, photo=change.before.photo))
            if not change.fields:
                Listing.objects.filter(pk=listing.pk).update(due_at=clock.now() + PICTURE_AGAIN)
                return None
        return change

    def _bounded(self, intentions: Sequence[Intention]) -> list[Intention]:
        """As many as one request takes; the rest stays due."""
        taken, size = [], 0
        for intention in intentions[:CALLS]:
            size += len(str(intention.call.params).encode())
            if taken and size > BYTES:
                break
            taken.append(intention)
        return taken

    def _with_pictures(self, due: list[tuple[Listing, Change]], second: set[int]) -> list[tuple[Listing, Change]]:
        """Upload the pictures that this batch needs. The id is committed before an add uses it."""
        missing = [pair for pair in due if pair[0].pk not in second and calls.needs_picture(*pair)]
        if not missing:
            return due
        wishes = [
            photos.PhotoWish(
                listing_id=listing.pk,
                name=change.after.name,
                photo=change.after.photo,
                image_url=listing.source.product.image_url,
                color=self.card_color,
                stand_in=listing.vk_item_id is None,
            )
            for listing, change in missing
        ]
        outcomes = photos.prepare(self.market.client, self.market.community, wishes, fetch=self._fetch())
        done = {outcome.listing_id: outcome for outcome in outcomes}
        for listing, change in missing:
            match done[listing.pk]:
                case photos.Uploaded(photo_id=photo_id, source=source):
                    listing.photo_id, listing.photo_source = photo_id, source
                    listing.save(update_fields=["photo_id", "photo_source"])
                    if source != change.after.photo:
                        self.without_picture.add(listing.pk)
                case photos.Kept():
                    self.without_picture.add(listing.pk)
                case photos.Failed(code=code, message=message):
                    listing.error_code, listing.error_text = code, message[:500]
                    listing.due_at = clock.now() + PICTURE_PAUSE
                    listing.save(update_fields=["error_code", "error_text", "due_at"])
        lacking = {key for key, outcome in done.items() if not isinstance(outcome, photos.Uploaded)}
        return [pair for pair in due if pair[0].pk not in lacking]

    def _fetch(self) -> photos.Fetch:
        """What fetches Evotor's pictures, with the token of the merchant's till."""
        if self.fetch is None:
            till = EvotorConnection.objects.filter(user__vk__community=self.market.community).first()
            self.fetch = photos.fetcher(till.access_token if till else "")
        return self.fetch

    def _albums(self, due: list[tuple[Listing, Change]]) -> dict[int, int]:
        wanted = set()
        for _listing, change in due:
            if next_step(change).lane == Lane.ALBUM:
                wanted |= {change.before.album, change.after.album} - {None}
        return album_sending.make_ready(self, wanted) if wanted else {}

    def _album_ready(self, listing: Listing, change: Change, albums: dict[int, int]) -> bool:
        if change.before.album is not None:
            if change.before.album in albums:
                return True
            # The album it lies in is gone: it lies nowhere.
            listing.sent = listing.sent | {"album": None}
            listing.plan_lane()
            listing.save(update_fields=["sent", "lane"])
            return False
        if change.after.album in albums:
            return True
        listing.due_at = clock.now() + ALBUM_PAUSE
        listing.save(update_fields=["due_at"])
        return False

    def request(self, intentions: list[Intention], record: Callable) -> None:
        """One request to VK, between the transaction of its intentions and that of its outcomes."""
        commit(intentions, self.lease)
        if not self.lease.covers_a_call():
            self.lease.renew()
        inner = [intention.call for intention in intentions]
        try:
            results = self.market.send(inner)
        except OutcomeUnknown as error:
            record(intentions, [Unknown(error.code, error.message)] * len(inner))
            self.unanswered += 1
            if self.unanswered >= UNANSWERED_IN_A_ROW:
                raise
            return
        except ApiError as error:
            record(intentions, [NotRun(error.code, error.message)] * len(inner))
            if isinstance(error, Throttled) and error.code == TOO_FAST and self._may_try_again():
                return
            raise
        self.unanswered = 0
        if all(isinstance(r, NotRun) and r.code == TOO_FAST for r in results):
            clock.sleep(A_SECOND)
            if not self._may_try_again():
                record(intentions, results)
                raise error_for(TOO_FAST, results[0].message, "execute")
        else:
            self.too_fast = 0
        of_account = _account_trouble(results)
        if of_account:
            results = [NotRun(r.code, r.message) if isinstance(r, Refused) and r.of_account else r for r in results]
        record(intentions, results)
        self._learn(intentions)
        if of_account:
            raise error_for(of_account.code, of_account.message, "execute")

    def _may_try_again(self) -> bool:
        """VK says "too fast", though we keep its pace: bear it for a while, not for ever."""
        self.too_fast += 1
        return self.too_fast < TOO_FAST_IN_A_ROW

    def delete_surplus(self, extra: list[tuple[Listing, int]]) -> None:
        """Delete the twins that our own repeated adds have made."""
        for some in batched(extra, CALLS):
            self.request(
                [
                    Intention(
                        vk.delete_item(self.market.owner_id, item_id),
                        [Attempt(kind=Attempt.Kind.TWIN, listing=listing, run=self.run, after={"item_id": item_id})],
                    )
                    for listing, item_id in some
                ],
                record,
            )

    def _learn(self, intentions: list[Intention]) -> None:
        """Count what was accepted; see what VK throttles, and what it takes only one by one."""
        attempts = {attempt.pk: intention for intention in intentions for attempt in intention.attempts}
        rows = Attempt.objects.filter(pk__in=attempts).values_list("pk", "kind", "state", "error_code", "listing__lane")
        for pk, kind, state, code, lane in rows:
            if state == Attempt.State.ACCEPTED:
                self.counts[kind] += 1
            elif state == Attempt.State.NOT_RUN and code in THROTTLED and lane:
                self.paused.add(lane)
            elif state == Attempt.State.NOT_RUN and len(attempts[pk].attempts) > 1:
                self.singly.update(attempt.listing_id for attempt in attempts[pk].attempts)


def _account_trouble(results: Sequence) -> Refused | None:
    """A refusal that the next call would get too. Of rights, one refusal may be about one item alone."""
    refused = [r for r in results if isinstance(r, Refused) and r.of_account]
    if not refused:
        return None
    about_all = len(refused) == len(results) > 1
    return refused[0] if about_all or refused[0].code not in RIGHTS else None
