"""One round for one community under one lease: wish, look, judge, send, confirm; whole, or a slice of it."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import structlog
from django.db.models import Q

from accounts.models import User
from catalog.models import SyncConfig
from connections import linking
from connections.clients.errors import ApiError, PermanentError, Throttled
from evosync.base import clock

from . import (
    album_sending,
    albums,
    categories,
    confirming,
    guarding,
    inheriting,
    matching,
    refreshing,
    settling,
    wishing,
)
from .exchange import Exchange, resting
from .leasing import Held, LeaseLost
from .market import Market, Showcase
from .models import INTERRUPTED, STOPPED, Listing, SyncRun, SyncRunQuerySet
from .picture_sending import Pictures
from .progress import Noted
from .reports import DONE, STATE, Report, state_after
from .sending import Sender
from .stages import Tell, untold

log = structlog.get_logger(__name__)
# So many lines of the plan are kept for the merchant to read.
LINES = 1000


class CommunityBusy(Exception):
    """Another worker holds the community, and looks again before it leaves."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a round does of all that it could. By default everything, to the end."""

    # Refresh the mirror of VK first.
    read: bool = True
    # Ask the rules anew: about all products, or those of these rows.
    plan: bool = True
    products: Collection[int] = ()
    # A person allows what the guards held back.
    approve: bool = False
    # Stop sending when the monotonic clock says so.
    until: float | None = None
    # Go on with this run: then nothing is planned.
    run_id: int | None = None

    @property
    def is_whole(self) -> bool:
        return self.plan and not self.products


@dataclass(slots=True)
class Round:
    """One round under one lease. Another kind of round has its own `_work`, may add to `_stopped`, and takes `_look`
    and `_count` from here; to begin and to end a run is the same for all."""

    user: User
    market: Market
    lease: Held
    config: SyncConfig
    scope: Scope
    tell: Tell = untold
    run: SyncRun = field(init=False)
    report: Report = field(default_factory=Report)
    # Adds whose answer was lost and whose item was found.
    found: int = 0
    # Of a slice that goes on with a run: all that is due has been compared and guarded.
    judged: bool = False

    def go(self) -> Report:
        """Do all of it, and close the run whatever comes. What VK refuses is in the report; CommunityBusy is raised
        where another worker has taken the community over."""
        self.run = self._open()
        self.tell = Noted(self.run, self.tell)
        try:
            with structlog.contextvars.bound_contextvars(sync_run=self.run.pk):
                self._work()
        except ApiError as error:
            self._stopped(error)
        except LeaseLost as lost:
            self.report.status = SyncRun.Status.FAILED
            raise CommunityBusy from lost
        except BaseException:
            # The run is closed before the bug, or the person at the keyboard, ends it.
            self.report.error, self.report.status = INTERRUPTED, SyncRun.Status.FAILED
            raise
        finally:
            self._close()
        return self.report

    def _open(self) -> SyncRun:
        """The run that this slice goes on with, or a new one."""
        community, now, others = self.market.community, clock.now(), self._others(self.scope.run_id)
        if others.exists():
            # Under the lease nobody else is at work: who had not paused was killed.
            killed = others.filter(paused_at=None)
            killed.update(status=SyncRun.Status.FAILED, error=INTERRUPTED, finished_at=now)
            if self.scope.is_whole:
                # All that the paused one would have sent is sent by this one.
                others.update(status=SyncRun.Status.DONE, finished_at=now, paused_at=None, progress={})
        known = self._running().filter(pk=self.scope.run_id).first() if self.scope.run_id else None
        if known is None:
            return SyncRun.objects.create(community=community, status=SyncRun.Status.RUNNING, started_at=now)
        self.judged = not self._any_failed_after(known)
        if self.judged and known.verdict:
            self.report.guards, self.report.status = known.verdict, SyncRun.Status.WAITING
        # At once: whoever finds it after a kill must see that it had not paused.
        self._running().filter(pk=known.pk).update(paused_at=None)
        known.paused_at = None
        return known

    def _running(self) -> SyncRunQuerySet:
        return SyncRun.objects.filter(community=self.market.community, status=SyncRun.Status.RUNNING)

    def _others(self, run_id: int | None) -> SyncRunQuerySet:
        """Runs whose slices are worked at in turn with this one's."""
        return self._running().exclude(pk=run_id or 0)

    def _any_failed_after(self, run: SyncRun) -> bool:
        """Is there a later round that may have stored wishes without comparing and guarding them: it was killed, or
        VK could not be asked?"""
        later = SyncRun.objects.rounds().filter(community=self.market.community, pk__gt=run.pk)
        return later.filter(Q(status=SyncRun.Status.FAILED) | ~Q(error_text="")).exists()

    def _work(self) -> None:
        settling.take_over(self.lease)
        trouble = self._refresh_categories()
        if self.scope.plan:
            # The wishes first: they are true, and told, even where VK cannot be asked.
            self._wish()
        if isinstance(trouble, PermanentError):
            raise trouble
        showcase = self._look()
        if showcase and not self.scope.approve and self._asks_about_marks():
            return
        if showcase:
            settling.adopt_marked(showcase, self.lease)
        if not self.judged:
            self._judge()
        self._send(showcase)
        if not self.report.left:
            confirming.confirm(self.market, self.lease, self.tell)
        linking.record(self.user.vk)

    def _refresh_categories(self) -> ApiError | None:
        try:
            categories.refresh_categories(self.market.client)
        except ApiError as error:
            return error
        return None

    def _look(self) -> Showcase | None:
        """Read VK whole where asked for, at a community's first run, and where a lost answer has to be looked for."""
        if not (self.scope.read or self._is_first() or settling.needs_a_look(self.market.community)):
            return None
        showcase = self.market.read_all(self.tell)
        changed, _vanished = refreshing.mirror(showcase, self.market.community)
        confirming.compare(self.market.community, self.lease, changed, showcase.items, showcase.started_at)
        self.found += settling.settle(showcase, self.lease)
        return showcase

    def _is_first(self) -> bool:
        return not Listing.objects.filter(community=self.market.community).bound().exists()

    def _asks_about_marks(self) -> bool:
        """Has a person to say first whether goods that are there are ours?"""
        marks = guarding.unknown_marks(self.market.community)
        if not marks:
            return False
        if self._allowed_to_take_over():
            return False
        self.report.guards = self.run.verdict = {"marks": {"items": marks}}
        self.report.status = SyncRun.Status.WAITING
        return True

    def _allowed_to_take_over(self) -> bool:
        """Has a person answered the question about marks that the round before this one asked?"""
        earlier = SyncRun.objects.rounds().filter(community=self.market.community, pk__lt=self.run.pk)
        last = earlier.order_by("-pk").first()
        return bool(last and last.approved_at and "marks" in last.verdict)

    def _wish(self) -> None:
        community, chosen = self.market.community, wishing.Chosen.by(self.user)
        self.config = chosen.config
        inheriting.inherit(self.user, community)
        albums.keep_rows(community, chosen.choices, chosen.stores)
        wishes = wishing.look(chosen, community, products=self.scope.products, tell=self.tell)
        wishing.store(wishes, community, self.lease)

    def _judge(self) -> None:
        """Let the guards look at all that is due, and keep what they say for the merchant to read."""
        community = self.market.community
        guarding.let_go_refused(community)
        matching.follow(self.lease)
        if self.scope.approve:
            guarding.approve(community)
            self.run.approved_at = clock.now()
        if not self.scope.products:
            guarding.allow_shown(self.lease)
        listings = guarding.pending(community)
        plan, verdict = guarding.verdict_on(community, listings)
        guarding.enforce(verdict, listings, self.lease)
        self.run.planned, self.run.digest = plan.counts, plan.digest
        self.report.guards = self.run.verdict = guarding.asked(verdict, listings)
        self.run.lines = [str(change) for change in plan.changes[:LINES]]
        if listings or self.scope.approve:
            # For who looks meanwhile; the end of the run keeps it in any case.
            self.run.save(update_fields=["approved_at", "planned", "digest", "verdict", "lines"])
        self.report.lines = self.run.lines
        if self.report.guards:
            self.report.status = SyncRun.Status.WAITING

    def _send(self, showcase: Showcase | None) -> None:
        """Send until nothing is due now; look once for adds whose answer was lost on the way."""
        paused = resting(self.market.community, clock.now())
        exchange = Exchange(self.market, self.lease, self.run, paused=paused)
        sender = Sender(exchange, Pictures(self.market, self.config.card_color), self.tell)
        try:
            if showcase:
                exchange.delete_surplus(settling.surplus(showcase, self.market.community))
            album_sending.rename(exchange)
            asked = self.market.client.requests
            self.report.left = sender.send(self.scope.until)
            # Where nothing was asked, nothing was lost.
            lost = self.market.client.requests > asked and settling.needs_a_look(self.market.community)
            if lost and not self.report.left:
                self.found += settling.settle(self.market.read_all(), self.lease)
                self.report.left = sender.send(self.scope.until)
            if sender.stopped:
                # The merchant knows: it is no failure, and what was not sent stays due.
                self.run.error, self.report.left = STOPPED, False
        finally:
            self._count(exchange.counts)

    def _count(self, done: Counter) -> None:
        self.report.created, self.report.hidden = done["create"] + self.found, done["hide"]
        self.report.deleted = done["delete"] + done["twin"]
        self.report.updated = sum(done[kind] for kind in ("update", "unhide", "photo", "album_add", "album_remove"))

    def _stopped(self, error: ApiError) -> None:
        log.warning("the round stopped", error=str(error), kind=type(error).__name__)
        self.report.error_text = str(error)[:500]
        if isinstance(error, Throttled):
            # VK wants us later; nothing is lost and nothing is wrong.
            return
        self.report.error, self.report.status = error.fault, SyncRun.Status.FAILED
        if isinstance(error, PermanentError):
            linking.record(self.user.vk, error.fault, str(error))

    def _close(self) -> None:
        report, run = state_after(self.report, self.user, self.market.community), self.run
        report.requests = self.market.client.requests
        run.counts = {name: getattr(report, name) for name in STATE} | {
            name: run.counts.get(name, 0) + getattr(report, name) for name in DONE
        }
        report.run_id = run.pk
        if report.left and self._others(run.pk).exists():
            # That one's next slice sends what is left: two would only take turns.
            report.left = False
        if not report.left or report.error:
            run.status, run.finished_at, run.progress = report.status, clock.now(), {}
            run.error, run.error_text = report.error or run.error, report.error_text
        else:
            run.paused_at = clock.now()
        run.save()
