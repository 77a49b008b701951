"""Faults planted in our own code, one at a time: a simulation that misses one of them proves nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from connections.clients import evotor
from evosync.base import clock
from vkmarket import calls, exchange, leasing, matching, outcomes, refreshing, settling, tasks
from vkmarket.models import Attempt, Lease, Listing

Patch = Callable[[object, str, object], None]


def blind_resend(patch: Patch) -> None:
    """An add without an answer is simply sent again."""

    def unsettle(listing: Listing, attempt: Attempt) -> None:
        Attempt.objects.filter(pk=attempt.pk).update(in_flight=None)
        listing.due_at = None

    patch(outcomes, "unsettle", unsettle)


def id_recorded_late(patch: Patch) -> None:
    """That adds were accepted is stored in one transaction, which item each made in one of its own later."""
    # Each worker has a memory of its own, which dies with it.
    memory = threading.local()
    really_keep, really = outcomes.keep, outcomes.record

    def keep(answers) -> None:
        memory.kept, others = [], []
        with transaction.atomic():
            for attempt, result in answers:
                state, _code, _text = outcomes.outcome_of(attempt, result)
                if attempt.kind == Attempt.Kind.CREATE and state == Attempt.State.ACCEPTED:
                    Attempt.objects.filter(pk=attempt.pk).update(state=state, in_flight=None, finished_at=clock.now())
                    memory.kept.append((attempt, result))
                else:
                    others.append((attempt, result))
            really_keep(others)

    def record(intentions, results) -> None:
        really(intentions, results)
        kept, memory.kept = getattr(memory, "kept", ()), []
        for attempt, result in kept:
            with transaction.atomic():
                _accept(attempt, result)

    patch(outcomes, "keep", keep)
    patch(exchange.Exchange.request, "__defaults__", (record,))


def _accept(attempt: Attempt, result) -> None:
    listing = Listing.objects.get(pk=attempt.listing_id)
    outcomes.accept(listing, attempt, result.value, clock.now())
    listing.plan_lane()
    listing.save()


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

    def release(held: leasing.Held, **options) -> None:
        parting = held.parting

        def deaf() -> None:
            held.again = False
            parting()

        held.parting = deaf
        really(held, **options)

    patch(leasing.Held, "release", release)


def never_due(patch: Patch) -> None:
    """What VK did not run waits for ever."""
    patch(outcomes, "_pause", lambda *_about: timedelta(days=3650))


def hasty_absence(patch: Patch) -> None:
    """A read that VK may have answered from its cache proves that an add did not happen; the next is like the first."""
    patch(settling, "settled_after", lambda attempt: attempt.sent_at)
    patch(calls, "second_tries", lambda _listing_ids: set())


def news_lost(patch: Patch) -> None:
    """The mirror takes what it read before anybody has acted upon it."""
    patch(refreshing, "doubt", lambda _community, _ids: None)


def doubles_made(patch: Patch) -> None:
    """What stands in VK by the merchant's hand is made once more, before they have answered."""
    patch(matching, "_hold", lambda _lease, _asked: None)


def slice_forgotten(patch: Patch) -> None:
    """What a slice leaves over is nobody's."""
    really = tasks._go_on
    patch(tasks, "_go_on", lambda connection_id, report: really(connection_id, replace(report, left=False)))


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
        doubles_made,
        slice_forgotten,
    )
}
