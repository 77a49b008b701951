"""«Убрать всё из ВК», as pages ask for it: begin, watch, stop. `vkmarket.removal_round` does it."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from catalog.models import SyncConfig
from connections.models import Community, ConnectionFault
from evosync.base import clock
from evosync.base.upsert import retrying

from . import removal_round
from .leasing import beside
from .models import Attempt, Listing, Removal, SyncRun
from .publishing import request_run
from .reasons import Block, Reason

Purpose = Removal.Purpose
ENDING_MOST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a removal is, or how it ended, in goods."""

    removal: Removal
    # Still in VK; of them those that VK has refused to take out.
    there: int
    refused: int = 0
    # Goods of which VK has not said yet whether they were added: they are waited for.
    unanswered: int = 0
    # Stopped just now, while a batch was out: the figures may change once more.
    ending: bool = False

    @property
    def open(self) -> bool:
        return self.removal.in_progress is not None

    @property
    def total(self) -> int:
        # An add that was found on the way is one more.
        return max(self.removal.goods, self.there)

    @property
    def done(self) -> int:
        return self.total - self.there


def look(removal: Removal) -> Progress:
    """How far it is now, counted in the rows; of one that has ended what was left then."""
    if removal.in_progress is None:
        return Progress(removal, removal.left_over or 0, ending=_is_ending(removal))
    there = removal.in_vk().count()
    return Progress(removal, there, there - removal.left().count(), removal_round.unanswered(removal.community).count())


def _is_ending(removal: Removal) -> bool:
    """Has the round that took the goods out not written its last figures yet? One that was killed is not waited for."""
    stopped_at = removal.finished_at if removal.end == Removal.End.STOPPED else None
    if stopped_at is None or stopped_at < clock.now() - ENDING_MOST:
        return False
    rounds = SyncRun.objects.rounds().filter(community=removal.community_id, status=SyncRun.Status.RUNNING)
    return rounds.exists()


def notice(user: User) -> Progress | None:
    """What is to be said of it wherever VK is spoken of: it goes on, or it ended without VK and left goods there."""
    removal = Removal.objects.filter(user=user).select_related("community").order_by("-pk").first()
    if removal is None:
        return None
    told = look(removal)
    lost = removal.end == Removal.End.FAILED and removal.disconnects and told.there
    return told if told.open or (lost and Community.objects.linked_by(user) is None) else None


def goods(community: Community | None, *, hidden_too: bool = False) -> int:
    """How many goods of ours are not hidden there, sold out or not; `hidden_too`: or are."""
    return Listing.objects.in_vk(community, hidden_too=hidden_too).count() if community else 0


def current(user: User) -> Removal | None:
    """The merchant's open one, in whatever community. None: nothing is under way."""
    return Removal.objects.open().filter(user=user).select_related("community").order_by("-pk").first()


@retrying
def start(user: User, purpose: Removal.Purpose = Purpose.REMOVE, *, for_good: bool = False) -> Removal | None:
    """Ask for it; the master switch goes off, so that nothing comes back by itself. None: VK is not connected.

    One that is open already goes on; asked for in order to disconnect, it will end with that.
    """
    community = Community.objects.linked_by(user)
    if community is None:
        return None
    with transaction.atomic():
        # Whoever asks twice at one moment, or switches on meanwhile, waits here.
        config, _created = SyncConfig.objects.select_for_update().get_or_create(user=user)
        _close_strays(user, community)
        removal = removal_round.open_one(user, community)
        if removal is None:
            SyncConfig.objects.filter(pk=config.pk).update(enabled=False, stopped_at=None)
            removal = _begin(user, community, purpose, for_good=for_good)
        elif purpose == Purpose.DISCONNECT:
            Removal.objects.filter(pk=removal.pk).update(purpose=purpose)
        request_run(community)
    return removal


def _begin(user: User, community: Community, purpose: Removal.Purpose, *, for_good: bool) -> Removal:
    # Asked for again: what VK has refused to take out before is tried once more.
    ours = Listing.objects.filter(community=community, hold=Reason.REMOVED, blocked=Block.REFUSED)
    ours.update(blocked="", due_at=None)
    return Removal.objects.create(
        community=community,
        user=user,
        purpose=purpose,
        for_good=for_good,
        goods=goods(community, hidden_too=for_good),
        asked_at=clock.now(),
        in_progress=community.pk,
    )


def _close_strays(user: User, community: Community) -> None:
    """What was asked for here by an owner of before, or by this one elsewhere, nobody can do any more."""
    about = Q(user=user) | Q(community=community)
    for stray in Removal.objects.open().filter(about).exclude(user=user, community=community):
        removal_round.close(stray, Removal.End.FAILED, ConnectionFault.NOT_CONNECTED)


@retrying
def stop(user: User) -> bool:
    """Leave the rest where it is. What is hidden stays hidden, and says why. False: nothing was under way."""
    removal = current(user)
    if removal is None:
        return False
    with beside(removal.community):
        if not removal_round.close(removal, Removal.End.STOPPED):
            return False
        marked = Listing.objects.filter(community=removal.community, hold=Reason.REMOVED)
        # Those of which a call is out go with it.
        out = Attempt.objects.filter(in_flight__isnull=False, listing__community=removal.community)
        marked = marked.exclude(pk__in=list(out.values_list("listing_id", flat=True)))
        marked.filter(Q(lane__isnull=False) | Q(wanted_delete=True)).update(lane=None, wanted_delete=False)
        marked.filter(visible=True).update(hold="", blocked="", due_at=None)
    return True
