"""One request to VK between the transaction of its intentions and that of its outcomes; and what VK's manner
of answering teaches for the next."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched

from django.conf import settings
from django.db.models import Exists, OuterRef

from connections.clients import vk
from connections.clients.errors import ApiError, OutcomeUnknown, PermanentError, Throttled
from connections.clients.vk import NotRun, Refused, Unknown
from connections.clients.vk_calls import MOST_CALLS, Result
from connections.clients.vk_errors import TOO_FAST, error_for
from connections.models import Community
from evosync.base import clock

from .intentions import Intention, commit
from .leasing import Held
from .market import Market
from .models import Attempt, Listing, SyncRun
from .outcomes import FULL, PAUSES, THROTTLED, record

# So many requests in a row may go without an answer, or be too fast, before it is left to another time.
UNANSWERED_IN_A_ROW = 3
TOO_FAST_IN_A_ROW = 10
A_SECOND = 1.0
# Codes that mean a missing right, of the account or to one item.
RIGHTS = {7, 20, 21, 203, 205, 260}
CAPTCHA = 14
# A whole batch that VK could not even read: some one call of it may be to blame.
UNREADABLE = {8, 12}

Record = Callable[[Sequence[Intention], Sequence[Result]], None]


def resting(community: Community, now: datetime) -> set[int]:
    """Lanes of which VK has turned calls away that may not be sent again yet: nor may the others behind them."""
    turned_away = Attempt.objects.filter(
        listing=OuterRef("pk"),
        state=Attempt.State.NOT_RUN,
        error_code__in=THROTTLED,
        sent_at__gt=now - max(PAUSES[code] for code in THROTTLED),
    )
    waiting = Listing.objects.filter(Exists(turned_away), community=community, lane__isnull=False, due_at__gt=now)
    lanes = waiting.order_by().values_list("lane", flat=True).distinct()
    return {lane for lane in lanes if lane is not None}


@dataclass(slots=True)
class Exchange:
    """One worker's talk with one community, while it holds the lease."""

    market: Market
    lease: Held
    run: SyncRun
    # Accepted calls by kind.
    counts: Counter = field(default_factory=Counter)
    # Listings that go singly into their album, because VK refused them together with others.
    singly: set[int] = field(default_factory=set)
    # Lanes that VK has throttled (`resting`, or now): what lies behind them goes on.
    paused: set[int] = field(default_factory=set)
    _unanswered: int = 0
    _too_fast: int = 0

    def request(self, intentions: Sequence[Intention], record: Record = record) -> None:
        """Ask for up to 25 calls. Raises what is true of the whole account, after keeping what it means here."""
        # Read before the intentions are dated: what they ask for has ended by `sent_at + VK_CALL_DEADLINE`.
        until = clock.monotonic() + settings.VK_CALL_DEADLINE
        commit(intentions, self.lease)
        if not self.lease.covers_a_call():
            self.lease.renew()
        try:
            results = self.market.send([intention.call for intention in intentions], until)
        except OutcomeUnknown as error:
            self._lost(intentions, error, record)
        except PermanentError as error:
            self._refused_whole(intentions, error, record)
        except ApiError as error:
            record(intentions, [NotRun(error.code, error.message)] * len(intentions))
            if not (isinstance(error, Throttled) and error.code == TOO_FAST and self._bears_haste()):
                raise
        else:
            self._unanswered = 0
            self._answered(intentions, results, record)

    def _answered(self, intentions: Sequence[Intention], results: Sequence[Result], record: Record) -> None:
        trouble = self._account_trouble(results)
        if trouble:
            results = [NotRun(r.code, r.message) if isinstance(r, Refused) and r.of_account else r for r in results]
        record(intentions, results)
        self._learn(intentions)
        if trouble:
            raise error_for(trouble.code, trouble.message, "execute")
        too_fast = [r.message for r in results if isinstance(r, NotRun) and r.code == TOO_FAST]
        if len(too_fast) == len(results):
            clock.sleep(A_SECOND)
            if not self._bears_haste():
                raise error_for(TOO_FAST, too_fast[0], "execute")
        else:
            self._too_fast = 0

    def _lost(self, intentions: Sequence[Intention], error: OutcomeUnknown, record: Record) -> None:
        """No answer came. That is borne for a while: one lost answer is no reason to leave the rest."""
        record(intentions, [Unknown(error.code, error.message)] * len(intentions))
        self._unanswered += 1
        if self._unanswered >= UNANSWERED_IN_A_ROW:
            raise error

    def _refused_whole(self, intentions: Sequence[Intention], error: PermanentError, record: Record) -> None:
        """Nothing of the batch ran. One that VK could not read is halved until the bad call stands alone."""
        if error.code not in UNREADABLE:
            record(intentions, [NotRun(error.code, error.message)] * len(intentions))
            raise error
        if len(intentions) == 1:
            record(intentions, [Refused(error.code, error.message)])
            # One call about several goods: they go singly from now on.
            self._learn(intentions)
            return
        record(intentions, [NotRun(TOO_FAST, error.message)] * len(intentions))
        middle = len(intentions) // 2
        for half in (intentions[:middle], intentions[middle:]):
            self.request([intention.again() for intention in half], record)

    def _bears_haste(self) -> bool:
        """VK says "too fast", though we keep its pace: bear it for a while, not for ever."""
        self._too_fast += 1
        return self._too_fast < TOO_FAST_IN_A_ROW

    def _account_trouble(self, results: Sequence[Result]) -> Refused | NotRun | None:
        """An answer that the next call would get too. Of rights, a lone refusal may be about one item."""
        if captcha := next((r for r in results if isinstance(r, NotRun) and r.code == CAPTCHA), None):
            return captcha
        refused = [r for r in results if isinstance(r, Refused) and r.of_account]
        if not refused:
            return None
        if refused[0].code in RIGHTS and not len(refused) == len(results) > 1:
            return None if self._may_edit() else refused[0]
        return refused[0]

    def _may_edit(self) -> bool:
        try:
            return self.market.client.group(self.market.community.group_id).may_edit_market
        except ApiError:
            # Not to be had now, and the answers that were are to be kept: nothing is refused on a guess.
            return False

    def delete_surplus(self, extra: list[tuple[Listing, int]]) -> None:
        """Delete the twins that our own repeated adds have made."""
        for some in batched(extra, MOST_CALLS):
            self.request([self._deletion(listing, item_id) for listing, item_id in some])

    def _deletion(self, listing: Listing, item_id: int) -> Intention:
        attempt = Attempt(kind=Attempt.Kind.TWIN, listing=listing, run=self.run, after={"item_id": item_id})
        return Intention(vk.delete_item(self.market.owner_id, item_id), [attempt])

    def _learn(self, intentions: Sequence[Intention]) -> None:
        """Count what was accepted; see what VK throttles, and what it takes only one by one."""
        attempts = {attempt.pk: intention for intention in intentions for attempt in intention.attempts}
        # Its album is part of a new good: for the merchant nothing has changed.
        made = Attempt.objects.filter(run=self.run, listing=OuterRef("listing"), kind=Attempt.Kind.CREATE)
        new = Exists(made.filter(state=Attempt.State.ACCEPTED))
        rows = Attempt.objects.filter(pk__in=attempts)
        for pk, kind, state, code, lane, is_new in rows.values_list(
            "pk", "kind", "state", "error_code", "listing__lane", new
        ):
            if state == Attempt.State.ACCEPTED:
                self.counts[kind] += kind != Attempt.Kind.ALBUM_ADD or not is_new
            elif lane and (code in FULL or (state == Attempt.State.NOT_RUN and code in THROTTLED)):
                self.paused.add(lane)
            elif state == Attempt.State.NOT_RUN and len(attempts[pk].attempts) > 1:
                self.singly.update(attempt.listing_id for attempt in attempts[pk].attempts if attempt.listing_id)
