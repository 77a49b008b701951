"""The guards at work: which listings wait for a person, and what a person has allowed."""

from datetime import timedelta

from django.db.models import Count, F

from connections.models import Community
from evosync.base import clock
from evosync.base.upsert import BATCH

from .intentions import FULL
from .leasing import Held
from .models import MARKED, AlbumListing, Attempt, Listing
from .plan import Change, Plan, Verdict, guard
from .reasons import Alarm, Block

WINDOW = timedelta(hours=24)
GUARDED = (Block.GUARD_REMOVALS, Block.GUARD_CREATES, Block.GUARD_PRICES)


def pending(community: Community) -> dict[int, tuple[Listing, Change]]:
    """Every listing that needs something, with the change it needs."""
    due = Listing.objects.filter(community=community, lane__isnull=False).order_by("pk")
    return {listing.pk: (listing, change) for listing in due if (change := listing.change())}


def verdict_on(community: Community, changes: dict[int, tuple[Listing, Change]]) -> tuple[Plan, Verdict]:
    """The plan that these changes make, and what the guards say of it."""
    plan = Plan(tuple(change for _listing, change in changes.values()))
    verdict = guard(
        plan.changes,
        shown=Listing.objects.filter(community=community, shown=True).count(),
        lately=_alarms_lately(community),
        approved=frozenset(key for key, (listing, _change) in changes.items() if listing.is_approved),
    )
    return plan, verdict


def _alarms_lately(community: Community) -> dict[Alarm, int]:
    """How many listings raised each alarm in the last day, small plans included."""
    accepted = Attempt.objects.filter(
        listing__community=community, state=Attempt.State.ACCEPTED, sent_at__gt=clock.now() - WINDOW
    )
    told = accepted.exclude(alarm="").order_by().values_list("alarm").annotate(Count("listing", distinct=True))
    return {Alarm(alarm): count for alarm, count in told}


def enforce(verdict: Verdict, changes: dict[int, tuple[Listing, Change]], lease: Held) -> None:
    """Block what the guards hold back, and let go what they no longer do."""
    lease.renew()
    for block in (*GUARDED, Block.NONE):
        wrong = [
            key
            for key, (listing, _change) in changes.items()
            if verdict.blocked.get(key, Block.NONE) == block
            and listing.blocked != block
            and listing.blocked in (*GUARDED, Block.NONE)
        ]
        for start in range(0, len(wrong), BATCH):
            Listing.objects.filter(pk__in=wrong[start : start + BATCH]).update(blocked=block)


def unknown_marks(community: Community) -> int:
    """How many goods with our marks a community shows of which this database knows nothing at all."""
    known = Listing.objects.filter(community=community)
    if known.bound().exists() or known.filter(attempts__isnull=False).exists():
        return 0
    return community.vk_products.filter(absent_since=None, sku__regex=MARKED).count()


def try_again(community: Community) -> None:
    """Let go what VK had no room for some time ago."""
    for model in (Listing, AlbumListing):
        rows = model.objects.filter(community=community, blocked=Block.REFUSED, error_code__in=FULL)
        if (due := rows.filter(due_at__lte=clock.now())).exists():
            due.update(blocked="", due_at=None)


def approve(community: Community) -> int:
    """A person allows what the guards held back, each wish as it was shown. A wish that has changed since is
    no longer blocked, and the guards look at it anew."""
    held = Listing.objects.filter(community=community, blocked__in=GUARDED)
    return held.update(approved_hash=F("wanted_hash"), blocked="")
