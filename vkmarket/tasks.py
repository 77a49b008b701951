"""Jobs about a community: its cycle, and the slices in which it is published."""

from collections.abc import Collection
from datetime import datetime
from functools import partial

from accounts.models import User
from catalog.models import SyncConfig
from catalog.tasks import READ_SECONDS, Leaving, read_till, reading
from connections import linking
from connections.clients.errors import ApiError
from connections.clients.vk import VkClient
from connections.models import Community, VkConnection
from evosync.base import clock
from evosync.base.jobs import LONG, NOW, enqueue, leaving

from . import categories, inheriting, matching, previews, publishing, refreshing
from .market import Market
from .publishing import Frozen, request_slice
from .reports import Report
from .rounds import CommunityBusy


def request_sync(user_id: int, *, at: datetime | None = None) -> bool:
    """Ask for a merchant's whole cycle, once however often it is asked for before it begins."""
    # Whoever asks wants it sent, however it was stopped before.
    SyncConfig.objects.filter(user_id=user_id, stopped_at__isnull=False).update(stopped_at=None)
    idle = SyncConfig.objects.filter(user_id=user_id, queued_at=None)
    if not idle.update(queued_at=at or clock.now()):
        return False
    _queue_sync(user_id)
    return True


def _queue_sync(user_id: int) -> None:
    enqueue("vkmarket.tasks.sync", user_id, timeout=READ_SECONDS)


def sync(user_id: int) -> str:
    """A merchant's cycle: read the till, then publish what follows from it."""
    user = User.objects.merchants().filter(pk=user_id).first()
    if user is None:
        SyncConfig.objects.filter(user_id=user_id).update(queued_at=None)
        return "no active merchant"
    with reading(user_id) as claim:
        if claim is None:
            return "another worker reads this till, or has read it"
        try:
            told = read_till(user, claim)
        except Leaving:
            # Killed before it is in the queue, it is found there.
            SyncConfig.objects.filter(user_id=user_id, queued_at=None).update(queued_at=clock.now())
            told = "put back: the worker leaves"
        except BaseException:
            _then_publish(user)
            raise
        else:
            _then_publish(user)
    # Put back, or asked for meanwhile: that job may have come and found the till taken.
    if SyncConfig.objects.filter(user_id=user_id, queued_at__isnull=False).exists():
        _queue_sync(user_id)
    return told


def _then_publish(user: User) -> None:
    """Whatever the till said, VK is read and the wishes that are there are brought to it. Asked for while the claim is
    held: killed before, the cycle is found and asked for again. A worker that leaves puts the slice back itself."""
    connection = VkConnection.objects.filter(user=user, community__isnull=False).first()
    if connection:
        request_slice(connection.pk, read=True)


def publish_slice(
    connection_id: int,
    *,
    plan: bool = True,
    read: bool = False,
    products: Collection[int] = (),
    run_id: int | None = None,
) -> str:
    """Some seconds of publishing to one community; what is left is asked for again."""
    connection = VkConnection.objects.select_related("user", "community").filter(pk=connection_id).first()
    community = connection.community if connection else None
    if connection is None or community is None or not connection.access_token:
        return "no community"
    if leaving():
        # Whoever asked about some products waits for them.
        cluster = NOW if products else LONG
        request_slice(connection_id, cluster=cluster, plan=plan, read=read, products=products, run_id=run_id)
        return "put back: the worker leaves"
    SyncConfig.objects.filter(user=connection.user, revived_at__isnull=False).update(revived_at=None)
    client = linking.vk_client(connection)
    try:
        report = publishing.publish_slice(
            connection.user,
            client,
            plan=plan,
            read=read,
            products=products,
            run_id=run_id,
            follow=partial(_go_on, connection_id),
        )
    except CommunityBusy:
        return "another worker is at this market, and looks again before it leaves"
    except Frozen:
        if run_id:
            publishing.end_paused(run_id)
        return _look_only(connection, community, client, read=read, choices=not products)
    return f"{report.status}, left: {report.left}, asked again: {report.again}, {report.error}".rstrip(", ")


def preview(run_id: int) -> str:
    """Make the preview that a page asked for (`vkmarket.previews.request`)."""
    return previews.make(run_id)


def _go_on(connection_id: int, report: Report) -> None:
    """Ask for the slices that follow this one, if any."""
    if report.again_run and not (report.left and report.again_run == report.run_id):
        request_slice(connection_id, plan=False, run_id=report.again_run)
    if report.again:
        # Somebody came while the lease was taken. They may be watching, so it is not left to wait behind long jobs.
        products = report.again_products
        request_slice(connection_id, read=not products, products=products, cluster=NOW)
    if report.left and not report.error:
        request_slice(connection_id, plan=False, run_id=report.run_id)


def _look_only(connection: VkConnection, community: Community, client: VkClient, *, read: bool, choices: bool) -> str:
    """What buyers see now, which categories there are, and what would be there twice, for the pages of a merchant
    whose goods are not published."""
    user = connection.user
    if not user.is_active or not (read or choices):
        return "frozen"
    told = "frozen"
    try:
        if read:
            categories.refresh_categories(client)
            changed, _vanished = refreshing.mirror(Market(client, community).read_all(), community)
            told += f"; mirror read, {len(changed)} changed"
    except ApiError as error:
        linking.record(connection, error.fault, str(error))
        return f"frozen; VK cannot be read: {error.fault}"
    inheriting.inherit(user, community)
    found = matching.look_ahead(user, community)
    return f"{told}, {len(found.open)} to be matched"
