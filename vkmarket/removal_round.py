"""The work of «Убрать всё из ВК»: the round that takes goods out of a community and does nothing else, until the
removal ends. How pages ask for one, watch it and stop it is `vkmarket.removals`."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Status, User
from connections import linking
from connections.clients.errors import ApiError, HumanCheck, PermanentError
from connections.clients.vk_calls import MOST_CALLS
from connections.models import Community, VkConnection
from evosync.base import clock
from evosync.base.upsert import retry_deadlocks, retrying

from . import calls, confirming, settling
from .exchange import Exchange
from .models import STOPPED, Listing, ListingSource, Removal
from .reasons import Block, Lane, Reason
from .rounds import Round
from .stages import Stage


def open_one(user: User, community: Community) -> Removal | None:
    """What the merchant has asked for and what is not ended yet."""
    return Removal.objects.open().filter(user=user, community=community).first()


def due(removal: Removal, at: datetime) -> QuerySet[Listing]:
    """What can be taken out now."""
    # What was to be sent before is no matter now: only a call of the removal itself makes it wait.
    ready = Q(due_at=None) | Q(due_at__lte=at) | ~Q(hold=Reason.REMOVED)
    return removal.left().filter(ready, unsettled_since=None, twin_check_at=None)


def unanswered(community: Community) -> QuerySet[Listing]:
    """Adds that may have happened: their items are waited for."""
    open_ones = Q(unsettled_since__isnull=False) | Q(twin_check_at__isnull=False)
    return Listing.objects.filter(open_ones, community=community).exclude(blocked=Block.UNSETTLED)


def has_work(removal: Removal) -> bool:
    """Is there anything to do for it now? To end it is something."""
    now = clock.now()
    if removal.left().filter(hold=Reason.REMOVED, due_at__gt=now).exists():
        # VK has put off what was tried: the rest would fare no better.
        return False
    waits = removal.left().exists() or unanswered(removal.community).exists()
    return not waits or due(removal, now).exists() or settling.needs_a_look(removal.community)


@retrying
def close(removal: Removal, end: Removal.End, error: str = "") -> bool:
    """End it, whoever comes first; and disconnect VK if that is what it was for."""
    with transaction.atomic():
        mine = Removal.objects.open().filter(pk=removal.pk)
        there = removal.in_vk().count()
        closed = mine.update(end=end, error=error, finished_at=clock.now(), in_progress=None, left_over=there)
        # As it is now: it may have been asked for on the way.
        removal.refresh_from_db()
        here = VkConnection.objects.filter(user=removal.user_id, community=removal.community_id)
        if closed and removal.disconnects and end != Removal.End.STOPPED and here.exists():
            linking.unlink_vk(removal.user)
    return bool(closed)


# Without slots of its own: for these the class is built anew, and a bare `super()` would not find itself in it.
@dataclass
class RemovalRound(Round):
    """One round, or a slice of one, that takes out what is there and sends nothing else."""

    removal: Removal = field(kw_only=True)

    def _work(self) -> None:
        settling.take_over(self.lease)
        showcase = self._look()
        exchange = Exchange(self.market, self.lease, self.run)
        try:
            if showcase:
                exchange.delete_surplus(settling.surplus(showcase, self.market.community))
            self.report.left = self._take_out(exchange)
        finally:
            self._count(exchange.counts)
        if self.report.left:
            return
        confirming.confirm(self.market, self.lease, self.tell)
        linking.record(self.user.vk)
        Removal.objects.open().filter(pk=self.removal.pk).update(error="")
        if not (self.removal.left().exists() or unanswered(self.market.community).exists()):
            close(self.removal, Removal.End.DONE)

    def _take_out(self, exchange: Exchange) -> bool:
        """Until nothing is due, or until the slice is over; whether more is due."""
        if not self.run.planned:
            self.run.planned = {"delete" if self.removal.for_good else "hide": self.removal.left().count()}
        # VK throttles all calls of a kind: the rest waits with those that it did not run.
        while not exchange.paused and (batch := self._next()):
            maker = calls.CallMaker(self.market.owner_id, self.run, set(), {}, exchange.singly)
            exchange.request(maker.intentions((one, change) for one in batch if (change := one.change())))
            done = sum(exchange.counts.values())
            self.tell(Stage.SENDING, done, done + self.removal.left().count())
            if self.scope.until is not None and clock.monotonic() >= self.scope.until:
                return self._is_open() and due(self.removal, clock.now()).exists()
        if not self._is_open():
            # What was out at that moment has gone too.
            Removal.objects.filter(pk=self.removal.pk).update(left_over=self.removal.in_vk().count())
            self.run.error = STOPPED
        return False

    def _next(self) -> list[Listing]:
        """The next goods to go, each with the wish to: whoever is killed after this, that stands in the rows."""
        return retry_deadlocks(self._mark)

    def _mark(self) -> list[Listing]:
        with transaction.atomic():
            # Who stops the removal locks the lease's row too: after that nothing more is marked.
            self.lease.renew()
            if not self._is_open():
                return []
            keys = list(due(self.removal, clock.now()).order_by("pk").values_list("pk", flat=True)[:MOST_CALLS])
            Listing.objects.filter(pk__in=keys).update(
                hold=Reason.REMOVED,
                wanted_delete=self.removal.for_good,
                lane=Lane.DELETE if self.removal.for_good else Lane.HIDE,
                blocked="",
                due_at=None,
            )
            # The rules are asked anew when goods may be shown again.
            ListingSource.objects.filter(listing__in=keys).update(basis="")
            return list(Listing.objects.filter(pk__in=keys).order_by("pk"))

    def _is_open(self) -> bool:
        """Has nobody stopped it, is the account active, and is it still this community's owner who asks?"""
        mine = Removal.objects.open().filter(pk=self.removal.pk, user__status=Status.ACTIVE)
        return mine.filter(user__vk__community=self.market.community).exists()

    def _stopped(self, error: ApiError) -> None:
        super()._stopped(error)
        self.removal.refresh_from_db()
        lasts = isinstance(error, PermanentError) and not isinstance(error, HumanCheck)
        if lasts and self.removal.disconnects:
            # They wanted to leave: what only a new connection would mend does not keep them.
            close(self.removal, Removal.End.FAILED, error.fault)
        else:
            Removal.objects.open().filter(pk=self.removal.pk).update(error=self.report.error)
