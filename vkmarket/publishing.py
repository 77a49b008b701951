"""The doors to a community's market: a whole round, a slice of one, a request for either."""

from collections.abc import Callable, Collection

from django.conf import settings

from accounts.models import User
from catalog.models import SyncConfig
from connections.clients.vk import VkClient
from connections.models import Community
from evosync.base import clock
from evosync.base.jobs import LONG, NOW, enqueue

from . import removal_round
from .dry_run import look_ahead
from .leasing import lease_of, leave_note
from .market import Market
from .models import SyncRun
from .removal_round import RemovalRound
from .reports import Report
from .rounds import CommunityBusy, Round, Scope
from .stages import Tell, untold

# Whoever came while the lease was taken left a note to look again; so often at most.
TURNS = 3
SLICE_SECONDS = 10.0
# A slice that plans everything may last so long: a hundred thousand goods are met for the first time once.
PLAN_SECONDS = 3 * settings.Q_CLUSTER["timeout"]


class Frozen(Exception):
    """The master switch is off and nothing is to be removed, or the account is suspended: nothing is sent."""


def publish(
    user: User,
    client: VkClient,
    *,
    dry_run: bool = False,
    approve: bool = False,
    read: bool = True,
    tell: Tell = untold,
) -> Report:
    """Bring the user's community to what its till and choices say, until nothing is due.

    `approve`: let go what the guards held back, each wish as it was shown. `read`: refresh the mirror of VK first. A
    dry run stores no wish and sends no write. Raises Frozen, CommunityBusy, and ApiError where VK cannot be read at
    all; what stops the sending half-way is in the report.
    """
    if dry_run:
        _config(user)
        return look_ahead(user, Market(client, _community(user)), tell).report
    SyncConfig.objects.filter(user=user, stopped_at__isnull=False).update(stopped_at=None)
    scope, report = Scope(read=read, approve=approve), Report()
    for _turn in range(TURNS):
        report = _round(user, client, scope, tell).after(report)
        if not report.again or report.error:
            break
        scope = Scope(read=read and not report.again_products, products=report.again_products)
    if report.again:
        request_run(_community(user), report.again_products)
    return report


def publish_slice(
    user: User,
    client: VkClient,
    *,
    plan: bool = True,
    read: bool = False,
    products: Collection[int] = (),
    seconds: float = SLICE_SECONDS,
    run_id: int | None = None,
    follow: Callable[[Report], None] = lambda _report: None,
) -> Report:
    """A slice of a round: about `seconds` of sending. `report.left`: there is more to send now; go on with
    `run_id=report.run_id, plan=False`. `report.again`: somebody asked meanwhile; plan anew,
    `report.again_products` or everything. `report.again_run`: a slice of that run was sent away meanwhile.

    `products`: plan only these (primary keys of mirror rows). `follow` asks for what follows, in the transaction that
    gives the market back: whoever is killed before leaves the notes of others where they are. Raises as `publish` does.
    """
    if run_id and not plan and not SyncRun.objects.filter(pk=run_id, status=SyncRun.Status.RUNNING).exists():
        # A round about everything has taken over what was left of it.
        return Report()
    until = clock.monotonic() + seconds
    scope = Scope(read=read, plan=plan, products=products, until=until, run_id=run_id)
    return _round(user, client, scope, follow=follow)


def request_run(community: Community, products: Collection[int] = ()) -> bool:
    """Ask for a slice soon: about these mirror rows (primary keys), or about everything. False: nobody is
    connected to the community.

    Part of the caller's transaction. Whoever holds the community now looks again before it leaves.
    """
    connection = community.linked()
    if connection is None:
        return False
    request_slice(connection.pk, cluster=NOW, products=list(products))
    return True


def request_slice(connection_id: int, *, cluster: str = LONG, **scope) -> None:
    """Ask for a slice of publishing, `scope` as of `vkmarket.tasks.publish_slice`; one that plans everything may take
    PLAN_SECONDS."""
    timeout = PLAN_SECONDS if scope.get("plan", True) and not scope.get("products") else None
    enqueue("vkmarket.tasks.publish_slice", connection_id, cluster=cluster, timeout=timeout, **scope)


def end_paused(run_id: int) -> None:
    """Nothing is to be sent any more, so the next slice of this run does not come. What it left over stays due."""
    paused = SyncRun.objects.filter(pk=run_id, status=SyncRun.Status.RUNNING, paused_at__isnull=False)
    paused.update(status=SyncRun.Status.DONE, finished_at=clock.now(), paused_at=None, progress={})


def stop(user: User) -> bool:
    """Ask whoever sends for this merchant to stop after the batch that is out, until the next cycle or until
    somebody asks for one. What was not sent stays due. False: it was stopped already."""
    going_on = SyncConfig.objects.filter(user=user, stopped_at=None)
    return bool(going_on.update(stopped_at=clock.now()))


def _round(
    user: User,
    client: VkClient,
    scope: Scope,
    tell: Tell = untold,
    follow: Callable[[Report], None] = lambda _report: None,
) -> Report:
    market = Market(client, _community(user))
    removal = removal_round.open_one(user, market.community)
    config = _config(user, removing=removal is not None)
    about = scope.products if scope.plan and not scope.read else ()
    with lease_of(market.community, about, None if scope.plan else scope.run_id) as lease:
        if lease is None:
            raise CommunityBusy
        one = Round(user, market, lease, config, scope, tell)
        if removal:
            one = RemovalRound(user, market, lease, config, scope, tell, removal=removal)
        try:
            report = one.go()
        except CommunityBusy:
            if scope.plan:
                leave_note(market.community, about)
            raise

        def part() -> None:
            report.again, report.again_products, report.again_run = lease.again, lease.again_products, lease.again_run
            follow(report)

        lease.parting = part
    return report


def _community(user: User) -> Community:
    """The community that the merchant publishes to."""
    community = user.vk.community
    if community is None:
        raise Frozen
    return community


def _config(user: User, *, removing: bool = False) -> SyncConfig:
    """The merchant's settings, if anything may be sent at all. Removing everything needs no switch."""
    config = SyncConfig.objects.filter(user=user).first()
    if not (config and (config.enabled or removing) and user.is_active):
        raise Frozen
    return config
