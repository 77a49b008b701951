"""Dry runs that a page shows (`vkmarket.dry_run`): made by a job, kept as a SyncRun, allowed or declined by a person.

run = previews.request(community)      # at once; `vkmarket.tasks.preview` makes it in some seconds
run.finished_at                        # None: still being made, `run.progress` tells how far; else it can be shown
run.error                              # a ConnectionFault, INTERRUPTED or OUTDATED: there is nothing to show
run.planned, run.lines, run.verdict    # changes by kind; their lines; what the guards would hold back
previews.approve(run, by) / previews.decline(run, by)
"""

from collections.abc import Iterable
from datetime import timedelta
from itertools import batched

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from catalog.groups import GroupTree
from catalog.mirroring import searchable
from catalog.models import CachedProduct, CachedStore
from connections import linking
from connections.clients.errors import ApiError, PermanentError
from connections.models import Community, ConnectionFault, VkConnection
from evosync.base import clock
from evosync.base.jobs import NOW, enqueue
from evosync.base.upsert import BATCH

from .dry_run import Outlook, look_ahead
from .market import Market
from .models import INTERRUPTED, OUTDATED, SyncRun
from .plan import Change
from .progress import Noted
from .publishing import request_run
from .reasons import Alarm
from .stages import untold

# A preview of 100 000 goods is made within it; one that was not has lost its worker.
SECONDS = 300
# So many of a community are kept to be looked at again.
KEPT = 5
# The till is read about once an hour: what is older may be untrue.
FRESH = timedelta(hours=1)
# So many lines of each kind are kept for the merchant to read.
LINES = 200


def request(community: Community) -> SyncRun | None:
    """A preview soon: the one that is being made, or a new one. None: nobody is connected to the community."""
    connection = community.linked()
    if connection is None:
        return None
    with transaction.atomic():
        # One at a time: whoever asks at the same moment gets the same.
        Community.objects.select_for_update().get(pk=community.pk)
        mine = SyncRun.objects.previews().filter(community=community)
        fresh = clock.now() - timedelta(seconds=2 * SECONDS)
        if going := mine.filter(finished_at=None, queued_at__gt=fresh).first():
            return going
        mine.filter(finished_at=None).update(finished_at=clock.now(), error=INTERRUPTED)
        kept = mine.order_by("-pk").values_list("pk", flat=True)[: KEPT - 1]
        mine.exclude(pk__in=list(kept)).delete()
        run = SyncRun.objects.create(community=community, status=SyncRun.Status.PREVIEW, queued_at=clock.now())
        enqueue("vkmarket.tasks.preview", run.pk, cluster=NOW, timeout=SECONDS)
    return run


def is_stale(run: SyncRun) -> bool:
    """Has anything happened since it was made that may have made it untrue?"""
    if run.finished_at is None:
        return False
    later = SyncRun.objects.rounds().filter(community=run.community_id, started_at__gt=run.finished_at)
    return run.finished_at < clock.now() - FRESH or later.exists()


def outdate(community: Community) -> None:
    """The merchant has chosen otherwise, or other settings: what was shown is not what would happen now."""
    shown = SyncRun.objects.previews().filter(community=community, finished_at__isnull=False, error="")
    shown.update(error=OUTDATED)


def latest(community: Community) -> SyncRun | None:
    """The preview that counts: only it can be allowed or declined."""
    return SyncRun.objects.previews().filter(community=community).order_by("-pk").first()


def make(run_id: int) -> str:
    """Look ahead for this preview and keep what was seen, unless another worker does. Sends nothing."""
    lost = clock.now() - timedelta(seconds=SECONDS)
    unclaimed = Q(started_at=None) | Q(started_at__lt=lost)
    open_one = SyncRun.objects.previews().filter(unclaimed, pk=run_id, finished_at=None)
    if not open_one.update(started_at=clock.now()):
        return "made already, or by another worker"
    run = SyncRun.objects.select_related("community").get(pk=run_id)
    connection = VkConnection.objects.select_related("user").filter(community=run.community).first()
    run.error = INTERRUPTED
    try:
        if connection is None or not connection.access_token or not connection.user.is_active:
            run.error = ConnectionFault.NOT_CONNECTED
            return "no community"
        market = Market(linking.vk_client(connection), run.community)
        _keep(run, look_ahead(connection.user, market, Noted(run, untold)), connection.user)
        run.error = ""
        return f"{len(run.lines)} lines"
    except ApiError as error:
        run.error, run.error_text = error.fault, str(error)[:500]
        if connection and isinstance(error, PermanentError):
            linking.record(connection, error.fault, str(error))
        return f"VK cannot be read: {error.fault}"
    finally:
        run.finished_at, run.progress = clock.now(), {}
        run.save()


def _keep(run: SyncRun, outlook: Outlook, user: User) -> None:
    report, plan, verdict = outlook.report, outlook.plan, outlook.verdict
    run.planned, run.digest, run.verdict = plan.counts, plan.digest, report.guards
    run.counts = {"products": report.products, "held": report.held, "reasons": report.reasons}
    room: dict[str, int] = dict.fromkeys(plan.counts, LINES)
    run.lines, run.shown = [], {}
    groups = _groups(user, outlook.products.values())

    def place(change: Change) -> tuple:
        """By group, those of none last; then by name."""
        group = groups.get(outlook.products.get(change.key, 0), "")
        return not group, searchable(group), searchable(change.after.name), change.key

    for change in sorted(plan.changes, key=place):
        product = outlook.products.get(change.key)
        block = verdict.blocked.get(change.key, "")
        if room[change.kind]:
            room[change.kind] -= 1
            run.lines.append(_line(change, product, block) | {"group": groups.get(product or 0, "")})
        if product and (block or change.alarm != Alarm.NONE):
            run.shown[str(product)] = change.after.digest()


def _groups(user: User, products: Iterable[int]) -> dict[int, str]:
    """The groups of these products as a merchant reads them, outer first; of those that lie in none ""."""
    stores = CachedStore.objects.of(user)
    trees = {store.pk: GroupTree.plain(store) for store in stores}
    found = {}
    for some in batched(products, BATCH):
        rows = CachedProduct.objects.filter(pk__in=some, store__in=list(trees))
        for pk, store, parent in rows.values_list("pk", "store", "parent_id"):
            chain = trees[store].chain(parent)
            found[pk] = " / ".join(trees[store].path(chain[0])) if chain else ""
    return found


def _line(change: Change, product: int | None, block: str) -> dict:
    """A change as a page tells it: `product` is the mirror's row, `fields` what differs (name: before, after),
    `hold` why it goes (a Reason), `block` the guard that would hold it back (a Block)."""
    fields = {name: [_plain(value) for value in pair] for name, pair in change.fields.items() if name != "marked"}
    told = {"kind": change.kind.value, "name": change.after.name, "product": product, "fields": fields}
    return told | {"price": str(change.after.price), "hold": str(change.reason), "block": str(block)}


def _plain(value):
    return value if value is None or isinstance(value, bool | int) else str(value)[:200]


def approve(run: SyncRun, by: User) -> bool:
    """A person allows what this preview shows, and asks for a run. False: it cannot be allowed (any more).

    One conditional UPDATE of the preview; the next whole round reads it, under its lease (`guarding.allow_shown`),
    so nothing races with a round that runs now.
    """
    with transaction.atomic():
        if not _undecided(run).update(approved_at=clock.now(), approved_by=by):
            return False
        request_run(run.community)
    return True


def decline(run: SyncRun, by: User) -> bool:
    """A person does not want what this preview shows: nothing is sent for it, and what guards hold stays held.
    An earlier permission that no round has used yet ends with it. False: it is decided already."""
    with transaction.atomic():
        if not _undecided(run).update(declined_at=clock.now(), declined_by=by, shown={}):
            return False
        SyncRun.objects.previews().filter(community=run.community, pk__lt=run.pk).update(shown={})
    return True


def _undecided(run: SyncRun):
    newest = latest(run.community)
    ready = SyncRun.objects.previews().filter(pk=run.pk, finished_at__isnull=False, error="")
    ready = ready.filter(approved_at=None, declined_at=None)
    return ready if newest and newest.pk == run.pk else ready.none()
