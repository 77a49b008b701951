"""Faults planted in our own code, one at a time: a simulation that misses one of them proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from connections.clients import evotor
from evosync.base import clock
from vkmarket import exchange, intentions, leasing, refreshing, settling
from vkmarket.models import Attempt, Lease, Listing

Patch = Callable[[object, str, object], None]


def blind_resend(patch: Patch) -> None:
    """An add without an answer is simply sent again."""

    def unsettle(listing: Listing, attempt: Attempt) -> None:
        Attempt.objects.filter(pk=attempt.pk).update(in_flight=None)
        listing.due_at = None

    patch(intentions, "unsettle", unsettle)


def id_recorded_late(patch: Patch) -> None:
    """That an add was accepted is stored at once, which item it made only before the next call or at the end."""
    kept: list[Callable[[], None]] = []
    really_record, really_commit, really_release = intentions.record_one, exchange.commit, leasing.Held.release

    def record_one(attempt: Attempt, result) -> None:
        state, _code, _text = intentions.outcome_of(attempt, result)
        if attempt.kind != Attempt.Kind.CREATE or state != Attempt.State.ACCEPTED:
            return really_record(attempt, result)
        Attempt.objects.filter(pk=attempt.pk).update(state=state, in_flight=None, finished_at=clock.now())

        def later() -> None:
            listing = Listing.objects.get(pk=attempt.listing_id)
            intentions.accept(listing, attempt, result.value, clock.now())
            listing.plan_lane()
            listing.save()

        kept.append(later)

    def catch_up() -> None:
        while kept:
            with transaction.atomic():
                kept.pop()()

    def commit(some, lease) -> None:
        catch_up()
        really_commit(some, lease)

    def release(held) -> None:
        catch_up()
        really_release(held)

    patch(intentions, "record_one", record_one)
    patch(exchange, "commit", commit)
    patch(leasing.Held, "release", release)


def fence_ignored(patch: Patch) -> None:
    """A worker that stood still goes on, though another has taken over."""

    def renew(held: leasing.Held) -> None:
        until = clock.monotonic() + settings.LEASE_SECONDS
        Lease.objects.filter(community=held.community).update(expires_at=leasing._expiry())
        held._until = until

    patch(leasing.Held, "renew", renew)


def cursor_dropped(patch: Patch) -> None:
    """The first page of Evotor's list is taken for the whole."""
    really = evotor._listed
    patch(evotor, "_listed", lambda answer: (really(answer)[0], ""))


def wake_up_lost(patch: Patch) -> None:
    """Whoever found the lease taken left a note, and nobody reads it."""
    really = leasing.Held.release

    def release(held: leasing.Held) -> None:
        really(held)
        held.again = False

    patch(leasing.Held, "release", release)


def never_due(patch: Patch) -> None:
    """What VK did not run waits for ever."""
    patch(intentions, "_pause", lambda _attempt, _state, _code: timedelta(days=3650))


def hasty_absence(patch: Patch) -> None:
    """A read that VK may have answered from its cache proves that an add did not happen."""
    patch(settling, "settled_after", lambda attempt: attempt.sent_at)
    patch(settling, "_check_twin", _show_at_once)


def _show_at_once(listing: Listing, _found: list[int]) -> None:
    listing.twin_check_at = None
    listing.plan_lane()
    listing.save()


def news_lost(patch: Patch) -> None:
    """The mirror takes what it read before anybody has acted upon it."""
    patch(refreshing, "doubt", lambda _community, _ids: None)


BY_NAME = {
    mutant.__name__.replace("_", "-"): mutant
    for mutant in (
        blind_resend,
        id_recorded_late,
        fence_ignored,
        cursor_dropped,
        wake_up_lost,
        never_due,
        hasty_absence,
        news_lost,
    )
}
