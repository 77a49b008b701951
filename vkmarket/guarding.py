"""The guards at work: which listings wait for a person, and what a person has allowed."""

from datetime import timedelta
from itertools import batched

from django.db.models import Count, F

from connections.models import Community
from evosync.base import clock
from evosync.base.upsert import BATCH

from .leasing import Held
from .models import MARKED, AlbumListing, Attempt, Listing, SyncRun
from .plan import Plan, Verdict, diff, guard
from .reasons import GUARDED, JUDGED, Alarm, Block

WINDOW = timedelta(hours=24)
# What each guard holds back.
HELD_BY = {"removals": (Block.GUARD_REMOVALS, Block.GUARD_CREATES), "prices": (Block.GUARD_PRICES,)}


def pending(community: Community) -> dict[int, Listing]:
    """Every listing that the sender may touch and that needs something."""
    due = Listing.objects.filter(community=community, lane__isnull=False, blocked__in=JUDGED).order_by("pk")
    return {listing.pk: listing for listing in due}


def verdict_on(community: Community, listings: dict[int, Listing]) -> tuple[Plan, Verdict]:
    """The plan that these listings make, and what the guards say of it."""
    if not listings:
        # Most rounds bring no news: there is nothing to compare with.
        return Plan(), Verdict()
    sent = {key: item for key, listing in listings.items() if (item := listing.existing())}
    plan = diff({key: listing.wish() for key, listing in listings.items()}, sent)
    verdict = guard(
        plan.changes,
        shown=Listing.objects.filter(community=community, shown=True).count(),
        lately=_alarms_lately(community),
        approved=frozenset(key for key, listing in listings.items() if listing.is_approved),
    )
    return plan, verdict


def _alarms_lately(community: Community) -> dict[Alarm, int]:
    """How many listings raised each alarm in the last day, small plans included."""
    accepted = Attempt.objects.filter(
        listing__community=community, state=Attempt.State.ACCEPTED, sent_at__gt=clock.now() - WINDOW
    )
    told = accepted.exclude(alarm="").order_by().values_list("alarm").annotate(Count("listing", distinct=True))
    return {Alarm(alarm): count for alarm, count in told}


def asked(verdict: Verdict, listings: dict[int, Listing]) -> dict[str, dict[str, int]]:
    """Of the guards that tripped those that wait for a person: what somebody wants left as it is does not."""
    waiting = {block for key, block in verdict.blocked.items() if not listings[key].is_left}
    return {name: figures for name, figures in verdict.tripped.items() if waiting.intersection(HELD_BY[name])}


def enforce(verdict: Verdict, listings: dict[int, Listing], lease: Held) -> None:
    """Block what the guards hold back, and let go what they no longer do."""
    for block in JUDGED:
        wrong = [
            key
            for key, listing in listings.items()
            if verdict.blocked.get(key, Block.NONE) == block and listing.blocked != block
        ]
        for some in batched(wrong, BATCH):
            # What VK has refused meanwhile stays refused.
            lease.write(Listing.objects.filter(pk__in=some, blocked__in=JUDGED), blocked=block)


def unknown_marks(community: Community) -> int:
    """How many goods with our marks a community shows of which this database knows nothing at all."""
    known = Listing.objects.filter(community=community)
    if known.bound().exists() or known.filter(attempts__isnull=False).exists():
        return 0
    return community.vk_products.filter(absent_since=None, sku__regex=MARKED).count()


def let_go_refused(community: Community) -> None:
    """Let go what VK has refused some time ago: an hour for want of room, a day for anything else."""
    for model in (Listing, AlbumListing):
        rows = model.objects.filter(community=community, blocked=Block.REFUSED)
        if (due := rows.filter(due_at__lte=clock.now())).exists():
            due.update(blocked="", due_at=None)


def approve(community: Community) -> int:
    """A person allows what the guards held back, each wish as it was shown. A wish that has changed since is
    no longer blocked, and the guards look at it anew."""
    held = Listing.objects.filter(community=community, blocked__in=GUARDED)
    return held.update(approved_hash=F("wanted_hash"), blocked="")


def allow_shown(lease: Held) -> int:
    """Allow the wishes that an approved preview showed (`vkmarket.previews`), where they are still the same; how
    many. Once: the same wish, come back another day, is looked at anew."""
    previews = SyncRun.objects.previews().filter(community=lease.community, approved_at__isnull=False)
    run = previews.order_by("-pk").first()
    if run is None or not run.shown:
        return 0
    shown, allowed = {int(product): digest for product, digest in run.shown.items()}, 0
    ours = Listing.objects.filter(community=lease.community)
    for some in batched(sorted(shown), BATCH):
        rows = ours.filter(source__product__in=some).values_list("pk", "source__product_id", "wanted_hash")
        same = [pk for pk, product, digest in rows if digest == shown[product]]
        allowed += lease.write(ours.filter(pk__in=same), approved_hash=F("wanted_hash"))
    SyncRun.objects.filter(pk=run.pk).update(shown={})
    return allowed
