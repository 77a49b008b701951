"""A job is asked for with the rows that need it, or not at all."""

import pytest
from django.db import transaction
from django_q.brokers import get_broker
from django_q.models import OrmQ

from evosync.base import jobs
from evosync.base.jobs import NOW, enqueue


class Cancelled(Exception):
    pass


@pytest.mark.django_db
def test_what_is_rolled_back_asks_for_nothing(queued):
    with pytest.raises(Cancelled), transaction.atomic():
        enqueue("math.copysign", 1, -1)
        assert OrmQ.objects.count() == 1
        raise Cancelled
    assert queued() == []
    enqueue("math.copysign", 1, -1, cluster=NOW)
    assert queued() == [("now", "copysign", 1, -1)]


@pytest.mark.django_db
def test_a_job_may_have_more_time_and_words_of_its_own(queued):
    enqueue("math.copysign", 1, timeout=900, cluster=NOW, plan=False)
    task = OrmQ.objects.get().task
    assert (task["timeout"], task["kwargs"], task["ack_failure"]) == (900, {"plan": False}, True)


@pytest.fixture
def redis(settings, monkeypatch):
    """As with REDIS_URL; what it was asked for, and a way to have it fail."""
    asked = []
    settings.Q_CLUSTER = {key: value for key, value in settings.Q_CLUSTER.items() if key != "orm"}
    monkeypatch.setattr(jobs, "async_task", lambda job, *args, **_options: asked.append((job, *args)))
    return asked


@pytest.mark.django_db
def test_redis_is_asked_after_the_commit(redis, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        enqueue("math.copysign", 1)
        assert redis == []
    assert redis == [("math.copysign", 1)]


@pytest.mark.django_db(transaction=True)
def test_a_redis_that_is_away_fails_no_request(redis, monkeypatch):
    def away(*_args, **_options):
        raise ConnectionError

    monkeypatch.setattr(jobs, "async_task", away)
    with transaction.atomic():
        enqueue("math.copysign", 1)
    enqueue("math.copysign", 1)


@pytest.mark.django_db
def test_every_queue_has_its_own_key():
    assert get_broker("now").list_key == "now" and get_broker("long").list_key == "long"
