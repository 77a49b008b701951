from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from evosync.base import clock
from tests.factories import CommunityFactory
from vkmarket.leasing import LeaseLost, lease_of, take
from vkmarket.models import Lease

pytestmark = pytest.mark.django_db


@pytest.fixture
def community():
    return CommunityFactory()


def test_one_holder_at_a_time_and_the_next_has_a_larger_fence(community):
    first = take(community)
    assert take(community) is None
    first.release()
    assert take(community).fence > first.fence


def test_whoever_comes_in_vain_leaves_a_note(community):
    held = take(community)
    take(community)
    held.release()
    assert held.again
    again = take(community)
    again.release()
    assert not again.again


def test_visitors_tell_what_they_came_for(community):
    held = take(community)
    take(community, [3, 1])
    take(community, [2])
    held.release()
    assert (held.again, held.again_products) == (True, [1, 2, 3])
    held = take(community)
    take(community, [3])
    take(community)
    take(community, [4])
    held.release()
    assert (held.again, held.again_products) == (True, [])


def test_a_note_survives_a_holder_that_fails_or_is_killed(community):
    with pytest.raises(ZeroDivisionError), lease_of(community):
        take(community, [7])
        raise ZeroDivisionError
    killed = take(community)
    Lease.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    with lease_of(community) as held:
        assert held.fence > killed.fence
    assert (held.again, held.again_products) == (True, [7])
    assert not Lease.objects.get().again


def test_a_machine_whose_clock_is_wrong_goes_by_the_databases(community, monkeypatch):
    if connection.vendor == "sqlite":
        pytest.skip("its database is on the same machine")
    right = datetime.now(UTC)

    class Fast(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(minutes=20)

    monkeypatch.setattr(clock, "datetime", Fast)
    monkeypatch.setattr(clock, "_ahead", timedelta())
    assert clock.now() - right > timedelta(minutes=19)
    take(community).release()
    assert abs(clock.now() - right) < timedelta(minutes=1)


def test_an_expired_lease_is_taken_over_and_its_old_holder_learns_of_it(community):
    lost = take(community)
    Lease.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    taken = take(community)
    with pytest.raises(LeaseLost):
        lost.renew()
    lost.release()
    taken.renew()


def test_an_expired_lease_that_nobody_took_can_be_renewed(community):
    held = take(community)
    Lease.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    held.renew()
    assert take(community) is None


def test_a_call_starts_only_if_it_can_end_in_time(community, settings, monkeypatch):
    settings.LEASE_SECONDS, settings.VK_CALL_DEADLINE = 50, 30
    now = clock.monotonic()
    monkeypatch.setattr(clock, "monotonic", lambda: now)
    held = take(community)
    assert held.covers_a_call()
    monkeypatch.setattr(clock, "monotonic", lambda: now + 16)
    assert not held.covers_a_call()


def test_the_lease_is_released_when_the_work_fails(community):
    with pytest.raises(ZeroDivisionError), lease_of(community):
        raise ZeroDivisionError
    assert take(community)


def test_leases_of_two_communities_are_apart(community):
    assert take(community) and take(CommunityFactory())
