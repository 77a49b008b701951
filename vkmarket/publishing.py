"""Plan, send, confirm: one round for one community."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from accounts.models import User
from catalog.choices import Choices
from catalog.models import CachedStore, SyncConfig
from connections.clients.errors import ApiError, HumanCheck, PermanentError, Throttled
from connections.clients.vk import VkClient
from connections.models import Community
from evosync.base import clock

from . import album_sending, albums, categories, confirming, guarding, refreshing, settling, wishing
from .exchange import Exchange
from .leasing import Held, LeaseLost, lease_of
from .market import Market, Showcase
from .models import MARKED, AlbumListing, Listing, SyncRun
from .picture_sending import Pictures
from .sending import Sender

log = structlog.get_logger(__name__)
LINES = 1000
# Whoever came while the lease was taken left a note to look again; so often at most.
TURNS = 3


class Frozen(Exception):
    """The master switch is off or the account is suspended: nothing is sent."""


class CommunityBusy(Exception):
    """Another worker holds the community, and looks again before it leaves."""


@dataclass(slots=True)
class Report:
    """What one round came to. Counts of calls are this round's; counts of goods are the state after it."""

    status: str = SyncRun.Status.DONE
    products: int = 0
    created: int = 0
    updated: int = 0
    hidden: int = 0
    deleted: int = 0
    held: int = 0
    failed: int = 0
    unknown: int = 0
    waiting: int = 0
    drift: int = 0
    confirmed: int = 0
    requests: int = 0
    # What stopped the round or waits for a person: a code, and the service's words.
    error: str = ""
    error_text: str = ""
    guards: dict = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def after(self, earlier: "Report") -> "Report":
        """This round's report, counting also what an earlier one of the same call has sent."""
        for name in ("created", "updated", "hidden", "deleted"):
            setattr(self, name, getattr(self, name) + getattr(earlier, name))
        return self


def publish(
    user: User,
    client: VkClient,
    *,
    dry_run: bool = False,
    approve: bool = False,
    read: bool = True,
    tell: Callable = lambda *_: None,
) -> Report:
    """Bring the user's community to what its till and choices say.

    `read`: refresh the mirror of VK first. A dry run stores no wish and sends no write. Raises Frozen,
    CommunityBusy, and ApiError where VK cannot be read at all; what stops the sending half-way is in the report.
    """
    community = user.vk.community
    config = SyncConfig.objects.filter(user=user).first()
    if not (config and config.enabled and user.is_active):
        raise Frozen
    market = Market(client, community)
    if dry_run:
        return _dry_run(user, market, tell)
    report = Report()
    for _turn in range(TURNS):
        with lease_of(community) as lease:
            if lease is None:
                raise CommunityBusy
            report = _Round(user, market, lease, config, tell).go(read=read, approve=approve).after(report)
        if not lease.again or report.error:
            break
    return report


def _dry_run(user: User, market: Market, tell: Callable) -> Report:
    changed, vanished = refreshing.mirror(market.read_all(tell), market.community)
    # The next round reads these back: a dry run must not swallow what it has seen.
    refreshing.doubt(market.community, changed + vanished)
    categories.refresh_categories(market.client)
    wishes = wishing.look(user, market.community, tell=tell)
    changes = guarding.pending(market.community)
    for number, (draft, listing) in enumerate(wishing.drafted(list(wishes.drafts.values()), market.community)):
        # A listing that is not stored yet has no key of its own: any that no stored one has will do.
        key = listing.pk or -1 - number
        changes.pop(key, None)
        if (change := listing.change()) is not None:
            changes[key] = (listing, change)
        del draft
    plan, verdict = guarding.verdict_on(market.community, changes)
    report = Report(products=wishes.products, reasons=wishes.held, guards=verdict.tripped)
    state_after(report, market.community)
    report.held = sum(wishes.held.values()) + len(verdict.blocked)
    report.lines = [str(change) for change in plan.changes]
    counts = plan.counts
    report.created, report.deleted = counts.get("create", 0), counts.get("delete", 0)
    report.updated, report.hidden = counts.get("update", 0) + counts.get("unhide", 0), counts.get("hide", 0)
    report.status = SyncRun.Status.WAITING if verdict.tripped else SyncRun.Status.DONE
    report.requests = market.client.requests
    return report


@dataclass(slots=True)
class _Round:
    """One round under one lease."""

    user: User
    market: Market
    lease: Held
    config: SyncConfig
    tell: Callable
    run: SyncRun = None
    report: Report = field(default_factory=Report)
    # Adds whose answer was lost and whose item was found.
    found: int = 0

    def go(self, *, read: bool, approve: bool) -> Report:
        self.run = SyncRun.objects.create(
            community=self.market.community, status=SyncRun.Status.RUNNING, started_at=clock.now()
        )
        structlog.contextvars.bind_contextvars(sync_run=self.run.pk)
        try:
            self._work(read, approve)
        except ApiError as error:
            self._stopped(error)
        except LeaseLost as lost:
            self.report.status = SyncRun.Status.FAILED
            raise CommunityBusy from lost
        except BaseException:
            # The run is closed before the bug, or the person at the keyboard, ends it.
            self.report.error, self.report.status = "interrupted", SyncRun.Status.FAILED
            raise
        finally:
            self._close()
        return self.report

    def _work(self, read: bool, approve: bool) -> None:
        settling.take_over(self.lease)
        trouble = self._refresh_categories()
        # The wishes first: they are true, and told, even where VK cannot be asked.
        self._wish()
        if trouble:
            raise trouble
        showcase = self._look(read)
        if showcase and not approve and self._asks_about_marks():
            return
        if showcase:
            settling.adopt_marked(showcase, self.lease)
        guarding.try_again(self.market.community)
        self._judge(approve)
        self._send(showcase)
        confirming.confirm(self.market, self.lease, self.tell)
        self.user.vk.record_check(clock.now())

    def _refresh_categories(self) -> ApiError | None:
        try:
            categories.refresh_categories(self.market.client)
        except ApiError as error:
            return error
        return None

    def _look(self, read: bool) -> Showcase | None:
        """Read VK whole where asked for, at a community's first run, and where a lost answer has to be looked for."""
        first = not Listing.objects.filter(community=self.market.community).bound().exists()
        if not (read or first or settling.needs_a_look(self.market.community)):
            return None
        showcase = self.market.read_all(self.tell)
        changed, vanished = refreshing.mirror(showcase, self.market.community)
        confirming.compare(self.market.community, self.lease, changed, showcase.items, showcase.started_at)
        refreshing.doubt(self.market.community, vanished)
        self.found += settling.settle(showcase, self.lease)
        return showcase

    def _asks_about_marks(self) -> bool:
        """Does a community that this database knows nothing of already show goods with our marks?"""
        community = self.market.community
        if Listing.objects.filter(community=community).bound().exists():
            return False
        marks = community.vk_products.filter(absent_since=None, sku__regex=MARKED).count()
        if not marks or Listing.objects.filter(community=community, attempts__isnull=False).exists():
            return False
        self.report.guards = {"marks": {"items": marks}}
        self.report.status = SyncRun.Status.WAITING
        return True

    def _wish(self) -> None:
        community = self.market.community
        stores = list(CachedStore.objects.filter(connection__user=self.user).order_by("pk"))
        albums.keep_rows(community, Choices.of(self.user), stores)
        wishes = wishing.look(self.user, community, tell=self.tell)
        wishing.store(wishes, community, self.lease)
        self.report.products, self.report.reasons = wishes.products, wishes.held

    def _judge(self, approve: bool) -> None:
        """Let the guards look at all that is due, and keep what they say for the merchant to read."""
        community = self.market.community
        if approve:
            guarding.approve(community)
            self.run.approved_at = clock.now()
        changes = guarding.pending(community)
        plan, verdict = guarding.verdict_on(community, changes)
        guarding.enforce(verdict, changes, self.lease)
        self.run.planned, self.run.digest, self.run.verdict = plan.counts, plan.digest, verdict.tripped
        self.run.lines = [str(change) for change in plan.changes[:LINES]]
        self.run.save()
        self.report.guards, self.report.lines = verdict.tripped, self.run.lines
        if verdict.tripped:
            self.report.status = SyncRun.Status.WAITING

    def _send(self, showcase: Showcase | None) -> None:
        """Send until nothing is due now; look once for adds whose answer was lost on the way."""
        exchange = Exchange(self.market, self.lease, self.run)
        sender = Sender(exchange, Pictures(self.market, self.config.card_color), self.tell)
        try:
            if showcase:
                exchange.delete_surplus(settling.surplus(showcase, self.market.community))
            album_sending.rename(exchange)
            sender.send()
            if settling.needs_a_look(self.market.community):
                self.found += settling.settle(self.market.read_all(), self.lease)
                sender.send()
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
        if isinstance(error, PermanentError | HumanCheck):
            self.user.vk.record_check(clock.now(), error.fault, str(error))

    def _close(self) -> None:
        state_after(self.report, self.market.community)
        self.report.requests = self.market.client.requests
        self.run.status, self.run.finished_at = self.report.status, clock.now()
        self.run.error, self.run.error_text = self.report.error, self.report.error_text
        self.run.counts = {
            name: getattr(self.report, name)
            for name in ("created", "updated", "hidden", "deleted", "held", "failed", "unknown", "waiting", "confirmed")
        }
        self.run.save()


def state_after(report: Report, community: Community) -> None:
    """Count the community's goods by what is true of them now."""
    listings = Listing.objects.filter(community=community)
    blocked = listings.exclude(blocked="")
    report.held = sum(report.reasons.values()) + blocked.filter(blocked__in=guarding.GUARDED).count()
    refused_albums = AlbumListing.objects.filter(community=community).exclude(blocked="")
    report.failed = blocked.exclude(blocked__in=guarding.GUARDED).count() + refused_albums.count()
    report.unknown = listings.filter(unsettled_since__isnull=False).count()
    due = listings.filter(lane__isnull=False, blocked="").count()
    unread = confirming.unconfirmed(community).filter(lane=None, blocked="").count()
    report.waiting = due + unread
    report.drift = listings.exclude(drift=[]).count()
    report.confirmed = confirming.confirmed(community).count()
