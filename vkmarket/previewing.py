"""The plan without the deed."""

from collections.abc import Callable

from accounts.models import User

from . import categories, guarding, refreshing, wishing
from .market import Market
from .models import SyncRun
from .reports import Report, state_after


def preview(user: User, market: Market, tell: Callable) -> Report:
    """What a round would do now. Refreshes the mirror of VK; stores no wish and sends no write."""
    # The next round reads back what is news in it.
    refreshing.mirror(market.read_all(tell), market.community)
    categories.refresh_categories(market.client)
    wishes = wishing.look(user, market.community, tell=tell)
    listings = guarding.pending(market.community)
    for number, (_draft, listing) in enumerate(wishing.drafted(list(wishes.drafts.values()), market.community)):
        # A listing that is not stored yet has no key of its own: any that no stored one has will do.
        key = listing.pk or -1 - number
        listings.pop(key, None)
        if listing.blocked in guarding.OPEN:
            listings[key] = listing
    plan, verdict = guarding.verdict_on(market.community, listings)
    guards = dict(verdict.tripped)
    if marks := guarding.unknown_marks(market.community):
        guards["marks"] = {"items": marks}
    report = state_after(Report(guards=guards), user, market.community)
    report.products, report.reasons = wishes.products, wishes.held
    report.held = sum(wishes.held.values()) + len(verdict.blocked)
    report.lines = [str(change) for change in plan.changes]
    counts = plan.counts
    report.created, report.deleted = counts.get("create", 0), counts.get("delete", 0)
    report.updated, report.hidden = counts.get("update", 0) + counts.get("unhide", 0), counts.get("hide", 0)
    report.status = SyncRun.Status.WAITING if guards else SyncRun.Status.DONE
    report.requests = market.client.requests
    return report
