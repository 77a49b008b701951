"""A dry run: what a round would do now, worked out and not done. How a page has one made and decided on is
`vkmarket.previews`."""

from dataclasses import dataclass, field
from itertools import batched

from accounts.models import User
from connections.models import Community
from evosync.base.upsert import BATCH

from . import categories, guarding, inheriting, matching, refreshing, wishing
from .market import Market
from .matching import Matches
from .models import Listing, ListingSource, SyncRun
from .plan import Plan, Verdict
from .reasons import JUDGED, Block
from .reports import Report, state_after
from .stages import Tell, untold


@dataclass(slots=True)
class Outlook:
    """What a round would do now."""

    report: Report
    plan: Plan
    verdict: Verdict
    # Which product each change of the plan is about, by the change's key.
    products: dict[int, int] = field(default_factory=dict)


def look_ahead(user: User, market: Market, tell: Tell = untold) -> Outlook:
    """Look ahead. Refreshes the mirror of VK, and takes over what another account had here before; stores no wish and
    sends no write."""
    inheriting.inherit(user, market.community)
    # The next round reads back what is news in it.
    refreshing.mirror(market.read_all(tell), market.community)
    categories.refresh_categories(market.client)
    wishes = wishing.look(wishing.Chosen.by(user), market.community, tell=tell)
    found = matching.look_ahead(user, market.community, wishes)
    listings, products = guarding.pending(market.community), {}
    for good in found.open.values():
        listings.pop(good.listing_id or 0, None)
    for number, (draft, listing) in enumerate(wishing.drafted(list(wishes.drafts.values()), market.community)):
        # A listing that is not stored yet has no key of its own: any that no stored one has will do.
        key = listing.pk or -1 - number
        listings.pop(key, None)
        if listing.blocked in JUDGED and draft.product_id not in found.open:
            listings[key], products[key] = listing, draft.product_id
    _take(found, market.community, listings, products)
    plan, verdict = guarding.verdict_on(market.community, listings)
    report = _report(user, market, plan, verdict)
    report.products, report.reasons = wishes.products, dict(wishes.held)
    if found.open:
        report.reasons[Block.MATCH] = len(found.open)
    report.held = sum(report.reasons.values()) + len(verdict.blocked)
    return Outlook(report, plan, verdict, _sources([change.key for change in plan.changes]) | products)


def _take(found: Matches, community: Community, listings: dict[int, Listing], products: dict[int, int]) -> None:
    """What the merchant has said is in VK already does not appear: it changes."""
    items = {item.item_id: item for item in matching.foreign(community)} if found.taken else {}
    keys = {product: key for key, product in products.items()}
    for product_id, (good, item_id, shown) in found.taken.items():
        key = keys.get(product_id) or good.listing_id or 0
        listing = listings.get(key) or Listing.objects.filter(pk=key).first()
        if listing and item_id in items:
            matching.bind(listing, items[item_id], shown)
            listings[key] = listing


def _report(user: User, market: Market, plan: Plan, verdict: Verdict) -> Report:
    guards = dict(verdict.tripped)
    if marks := guarding.unknown_marks(market.community):
        guards["marks"] = {"items": marks}
    report = state_after(Report(guards=guards), user, market.community)
    report.lines = [str(change) for change in plan.changes]
    counts = plan.counts
    report.created, report.deleted = counts.get("create", 0), counts.get("delete", 0)
    report.updated, report.hidden = counts.get("update", 0) + counts.get("unhide", 0), counts.get("hide", 0)
    report.status = SyncRun.Status.WAITING if guards else SyncRun.Status.DONE
    report.requests = market.client.requests
    return report


def _sources(keys: list[int]) -> dict[int, int]:
    """The products of stored listings."""
    found: dict[int, int] = {}
    for some in batched(keys, BATCH):
        rows = ListingSource.objects.filter(listing__in=some)
        found |= dict(rows.values_list("listing_id", "product_id"))
    return found
