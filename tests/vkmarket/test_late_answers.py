"""What another worker commits just before ours: a late answer to a lost add, a lease given back."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from connections.clients.vk import Call, Ok
from evosync.base import clock
from tests.factories import AttemptFactory, CommunityFactory, ListingFactory
from vkmarket import settling
from vkmarket.intentions import Intention
from vkmarket.items import Item
from vkmarket.leasing import Held, take
from vkmarket.market import Showcase
from vkmarket.models import Attempt, Lease, Listing
from vkmarket.outcomes import record

TEA = Item("Чай чёрный", "Листовой, сто граммов", Decimal("120.00"), 5001, 5, True, photo="card:1").to_json()


@pytest.fixture
def lost_add(db):
    """An add that was lost an hour ago, while its call is still out."""
    sent_at = clock.now() - timedelta(hours=1)
    listing = ListingFactory(unsettled_since=sent_at, wanted=TEA)
    attempt = AttemptFactory(
        listing=listing, state=Attempt.State.UNKNOWN, in_flight=listing.pk, sent_at=sent_at, after=TEA
    )
    return Intention(Call("market.add", {}), [attempt])


def test_an_answer_wins_over_a_read_that_did_not_show_the_item(lost_add, monkeypatch):
    """The read is held against the listing as it is, not as it was before the answer came: else it is made again."""
    renew = Held.renew

    def answer_first(lease):
        monkeypatch.setattr(Held, "renew", renew)
        record([lost_add], [Ok({"market_item_id": 7})])
        renew(lease)

    lease = take(lost_add.attempts[0].listing.community)
    monkeypatch.setattr(Held, "renew", answer_first)
    settling.settle(Showcase(started_at=clock.now(), complete=True), lease)
    listing = Listing.objects.get()
    assert (listing.vk_item_id, listing.sent, listing.unsettled_since, listing.lane) == (7, TEA, None, None)
    assert Attempt.objects.get().state == Attempt.State.ACCEPTED


def test_an_edit_whose_worker_died_may_have_been_written_just_now(db):
    """So what VK shows of it is not taken for a hand in VK."""
    long_ago = clock.now() - timedelta(days=1)
    listing = ListingFactory(vk_item_id=7, wanted=TEA, sent=TEA, written_at=long_ago, confirmed_at=long_ago)
    AttemptFactory(
        listing=listing, kind=Attempt.Kind.UPDATE, state=Attempt.State.SENT, in_flight=listing.pk, sent_at=long_ago,
        after={"price": "135.00"}, fence=0,
    )  # fmt: skip
    settling.take_over(take(listing.community))
    listing.refresh_from_db()
    assert clock.now() - listing.written_at < timedelta(minutes=1) and listing.confirmed_at is None


@pytest.mark.mariadb
def test_a_note_is_never_left_on_a_lease_that_was_just_given_back(transactional_db):
    """SQLite lets one writer in at a time; here the holder may release between the look and the note."""
    held = take(CommunityFactory())

    def release():
        held.release()
        connection.close()

    releasing = threading.Thread(target=release)

    def release_meanwhile(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if sql.startswith("UPDATE") and not releasing.ident:
            releasing.start()
            releasing.join(timeout=1)
        return result

    with connection.execute_wrapper(release_meanwhile):
        assert take(held.community) is None
    releasing.join(timeout=30)
    assert held.again
    assert not Lease.objects.get().again
