"""What a merchant decides of goods that wait for them («Требует решения»): the deeds behind the buttons.

Each is one transaction beside the lease (`leasing.beside`) on listings that it locks and that are still in the state
the button was shown for; whoever was quicker makes the rest no deed. Each returns how many goods it was about, and asks
for a run, which does what follows; nothing here talks to VK.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog.choices import set_choice
from catalog.models import SyncFilter
from connections.models import Community
from evosync.base import clock
from evosync.base.jobs import NOW
from evosync.base.upsert import retrying

from .confirming import pair
from .leasing import beside
from .models import DECLINED, Attempt, Listing, ListingSource, SyncRun, VkCachedProduct
from .publishing import request_run, request_slice
from .reasons import GUARDED, Block, Reason
from .rebinding import swap
from .settling import take_over_item

# A person decides about so many goods at once; the guards' questions are about all that they hold.
AT_ONCE = 500
# Fields in which a merchant may let VK's hand win, with their names for them; price and stock are the till's.
THEIRS = {
    "name": _("название"),
    "description": _("описание"),
    "photo": _("картинка"),
    "category_id": _("категория"),
    "album": _("подборки"),
    "visible": _("виден ли товар"),
}
_WANTED = F("wanted_hash")


def held(community: Community, block: str) -> QuerySet[Listing]:
    """What a guard holds back and asks about: not what a person wanted to leave as it is."""
    return Listing.objects.filter(community=community, blocked=block).exclude(DECLINED)


def stamp(rows: QuerySet[Listing]) -> str:
    """What a page has shown, in short: an answer counts for these wishes and no others."""
    digest = hashlib.blake2b(digest_size=16)
    for pk, wanted in rows.order_by("pk").values_list("pk", "wanted_hash"):
        digest.update(f"{pk}:{wanted} ".encode())
    return digest.hexdigest()


@retrying
def allow(community: Community, block: str, shown: str, by: User) -> int | None:
    """Let go what a guard holds back. None: it is not what was shown (`stamp`) any more."""
    with beside(community):
        rows = held(community, block)
        if stamp(rows) != shown:
            return None
        count = rows.update(approved_hash=_WANTED, declined_hash="", blocked="")
        _note(community, approved_at=clock.now(), approved_by=by)
        request_run(community)
    return count


@retrying
def leave(community: Community, block: str, shown: str, by: User) -> int | None:
    """Leave it back, and ask no more about these wishes. None: it is not what was shown any more."""
    with beside(community):
        rows = held(community, block)
        if stamp(rows) != shown:
            return None
        count = rows.update(declined_hash=_WANTED)
        _note(community, declined_at=clock.now(), declined_by=by)
    return count


def take_over_marks(community: Community, by: User) -> bool:
    """The goods that carry our marks and that this database does not know are ours: the next round binds them."""
    last = SyncRun.objects.rounds().filter(community=community).order_by("-pk").first()
    if last is None or last.approved_at or "marks" not in last.verdict:
        return False
    SyncRun.objects.filter(pk=last.pk).update(approved_at=clock.now(), approved_by=by)
    _look(community)
    return True


@retrying
def try_again(community: Community, pks: Collection[int]) -> int:
    """Send once more what VK has refused: the merchant has mended it, or VK has changed its mind.

    As many as there are, in one UPDATE: the wish stays the same, and so does its lane.
    """
    with beside(community):
        refused = Listing.objects.filter(community=community, pk__in=pks, blocked=Block.REFUSED)
        count = refused.update(blocked="", error_code=None, error_text="", due_at=None)
        if count:
            request_run(community)
    return count


def create_again(community: Community, pks: Collection[int]) -> int:
    """What was deleted in VK by hand becomes a new item there, of the same mark."""
    return _each(community, pks, Q(blocked=Block.DELETED_IN_VK), _forget_item)


def do_not_publish(community: Community, pks: Collection[int], user: User) -> int:
    """What was deleted in VK by hand stays out of it: the product is switched off."""

    def switch_off(listing: Listing) -> None:
        product = listing.source.product
        set_choice(user, SyncFilter.Entity.PRODUCT, product.evotor_id, product.store.evotor_id, SyncFilter.Mode.EXCLUDE)
        _forget_item(listing)
        listing.wanted, listing.wanted_hash, listing.approved_hash, listing.hold = None, "", "", Reason.EXCLUDED
        ListingSource.objects.filter(listing=listing).update(basis="")

    return _each(community, pks, Q(blocked=Block.DELETED_IN_VK), switch_off)


@retrying
def look_again(community: Community) -> None:
    """Read VK whole, and look for everything that is not settled."""
    with beside(community):
        Listing.objects.filter(community=community, unsettled_since__isnull=False).update(due_at=None)
        _look(community)


def create_anew(community: Community, pks: Collection[int]) -> int:
    """Add it once more on the merchant's word that it is not in VK: of the same mark, with a fresh
    picture. Should the first one turn up after all, the next whole reading finds two, and one is deleted."""

    def anew(listing: Listing) -> None:
        _close_adds(listing, Attempt.State.ABSENT)
        listing.blocked, listing.unsettled_since, listing.due_at = "", None, None
        listing.photo_id, listing.photo_source = None, ""
        listing.approved_hash = listing.wanted_hash

    return _each(community, pks, Q(blocked=Block.UNSETTLED), anew)


def this_is_it(community: Community, pk: int, item_id: int) -> bool:
    """The merchant knows which item of VK the unsettled add has made, or may be: the listing takes it."""
    item = VkCachedProduct.objects.filter(community=community, item_id=item_id, absent_since=None).first()
    taken = Listing.objects.filter(community=community, vk_item_id=item_id)
    if item is None:
        return False

    def bind(listing: Listing) -> bool:
        if listing.wanted is None or taken.exists():
            return False
        _close_adds(listing, Attempt.State.ACCEPTED if item.sku == listing.sku else Attempt.State.ABSENT)
        listing.blocked, listing.unsettled_since, listing.twin_check_at = "", None, None
        take_over_item(listing, item.as_told())
        # They saw what is there, and what it becomes.
        listing.approved_hash = listing.wanted_hash
        return True

    return bool(_each(community, [pk], Q(blocked=Block.UNSETTLED, vk_item_id=None), bind))


def send_ours(community: Community, pks: Collection[int]) -> int:
    """Bring VK to what we had sent: what it shows instead becomes what it has, so that the wish is a difference."""

    def ours(listing: Listing) -> None:
        seen = listing.seen or {}
        _send_anew(listing, {name: pair(name, listing.sent or {}, seen)[1] for name in listing.drift})
        listing.drift, listing.seen = [], None

    return _each(community, pks, Q(has_drift=True, blocked=""), ours)


def accept_theirs(community: Community, pks: Collection[int]) -> int:
    """Let what VK shows be right, as long as neither side changes it. Of price and stock the till is right."""

    def theirs(listing: Listing) -> bool:
        taken, seen = [name for name in listing.drift if name in THEIRS], listing.seen or {}
        if not taken:
            return False
        listing.accepted |= {name: pair(name, listing.sent or {}, seen) for name in taken}
        if "visible" in taken:
            listing.shown = seen["availability"] == 0
        listing.drift = [name for name in listing.drift if name not in taken]
        listing.seen = seen if listing.drift else None
        return True

    return _each(community, pks, Q(has_drift=True), theirs)


def take_back(community: Community, pks: Collection[int]) -> int:
    """The merchant does not want it left as it is any more: what we wished of it is sent after all."""

    def after_all(listing: Listing) -> bool | None:
        if listing.blocked:
            listing.approved_hash, listing.declined_hash, listing.blocked = listing.wanted_hash, "", ""
            return None
        theirs = left_of(listing)
        _send_anew(listing, theirs)
        return bool(theirs)

    return _each(community, pks, Q(DECLINED, blocked__in=GUARDED) | Q(blocked="", sent__isnull=False), after_all)


def left_of(listing: Listing) -> dict[str, Any]:
    """The fields that VK may show otherwise, by the merchant's word that still counts, with what it shows."""
    sent = listing.sent or {}
    return {name: theirs for name, (ours, theirs) in listing.accepted.items() if sent.get(name) == ours}


def _send_anew(listing: Listing, theirs: Mapping[str, Any]) -> None:
    """What VK shows of these fields becomes what it has, so that our wish is a difference."""
    sent = dict(listing.sent or {})
    for name, shown in theirs.items():
        if name == "visible":
            sent[name] = not sent[name]
        elif name in ("photo", "album"):
            sent[name] = "" if name == "photo" else None
        else:
            sent[name] = shown
        listing.accepted.pop(name, None)
    if "photo" in theirs:
        listing.photo_id, listing.photo_source = None, ""
    listing.sent, listing.due_at = sent, None
    listing.approved_hash = listing.wanted_hash


@retrying
def rebind(community: Community, new: int, gone: int) -> bool:
    """The new product is the one that is gone: it takes over its item. Both are listings that wait for this answer."""
    with beside(community):
        asked = Listing.objects.filter(community=community, hold=Reason.AMBIGUOUS_REBIND).select_for_update()
        old = asked.bound().filter(pk=gone).first()
        young = asked.filter(pk=new, vk_item_id=None, unsettled_since=None).select_related("source").first()
        if old is None or young is None:
            return False
        swap({old.pk: young.source.product_id}, community)
        # Until the round judges both anew.
        Listing.objects.filter(pk=old.pk).update(hold="")
        Listing.objects.filter(pk=young.pk).update(hold=Reason.ABSENT)
        request_run(community)
    return True


def is_new(community: Community, pks: Collection[int]) -> int:
    """The product is none of those that are gone: it is published as a good of its own."""

    def own(listing: Listing) -> None:
        ListingSource.objects.filter(listing=listing).update(is_new=True, basis="")

    return _each(community, pks, Q(hold=Reason.AMBIGUOUS_REBIND, vk_item_id=None), own)


@retrying
def _each(community: Community, pks: Collection[int], state: Q, deed: Callable[[Listing], bool | None]) -> int:
    """Do it to those that are still in this state; False of `deed`: it was none. Asks for a run about them."""
    done = []
    with beside(community):
        rows = Listing.objects.filter(state, community=community, pk__in=list(pks)[:AT_ONCE]).order_by("pk")
        # Not joined: MariaDB would lock the mirror's rows as well.
        for listing in rows.select_for_update().prefetch_related("source__product__store"):
            if deed(listing) is False:
                continue
            listing.plan_lane()
            listing.save()
            done.append(listing)
        if done:
            request_run(community)
    return len(done)


def _forget_item(listing: Listing) -> None:
    """It can be created anew, and is by the merchant's word: no guard asks about it once more."""
    listing.approved_hash = listing.wanted_hash
    listing.leave_item()


def _close_adds(listing: Listing, state: str) -> None:
    """The add without an answer has its answer: a person's."""
    listing.attempts.filter(in_flight=listing.pk).update(state=state, in_flight=None, finished_at=clock.now())


def _look(community: Community) -> None:
    connection = community.linked()
    if connection:
        request_slice(connection.pk, read=True, cluster=NOW)


def _note(community: Community, **answer) -> None:
    """Keep with the run that asked who has answered."""
    asked = SyncRun.objects.rounds().filter(community=community, status=SyncRun.Status.WAITING).order_by("-pk")
    if run := asked.first():
        SyncRun.objects.filter(pk=run.pk).update(**answer)
