"""`/health` and the command of that name: what lives, what is gone, and to whom it is told."""

import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from redis.exceptions import ConnectionError as RedisGone

from evosync import VERSION, beats, health, job_report
from evosync.base.jobs import LONG, NOW
from evosync.models import WorkerBeat
from tests.setup.project import ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture
def alive(db):
    for name in (NOW, LONG):
        beats.beat(name)


def silent_for(cluster: str, seconds: float) -> None:
    WorkerBeat.objects.filter(pk=cluster).update(seen_at=timezone.now() - timedelta(seconds=seconds))


def test_all_is_well(client, alive):
    answer = client.get("/health")
    assert answer.status_code == 200 and answer["Content-Type"] == "application/json"
    told = answer.json()
    assert 0 <= told.pop("worker_seen_seconds") < 30
    assert told == {"status": "ok", "version": VERSION, "database": "ok", "queue_oldest_seconds": 0}


def test_the_version_is_that_of_the_project():
    assert f'\nversion = "{VERSION}"\n' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("cluster", [NOW, LONG])
def test_one_silent_cluster_is_enough(client, alive, cluster):
    silent_for(cluster, 30)
    assert client.get("/health").status_code == 200
    silent_for(cluster, 61)
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["status"] == "failing" and 61 <= answer.json()["worker_seen_seconds"] < 90


def test_a_cluster_that_said_goodbye_is_gone_at_once(client, alive):
    beats.say_goodbye(LONG)
    answer = client.get("/health")
    assert answer.status_code == 503 and answer.json()["worker_seen_seconds"] is None
    assert beats.any_alive()
    beats.say_goodbye(NOW)
    assert not beats.any_alive()


def test_the_oldest_waiting_job_is_told_and_alone_is_no_fault(client, alive):
    OrmQ.objects.create(key=LONG, payload="", lock=timezone.now() - timedelta(minutes=20))
    answer = client.get("/health")
    assert answer.status_code == 200 and 1200 <= answer.json()["queue_oldest_seconds"] < 1230


def test_a_database_that_is_gone(client, monkeypatch):
    def refuse():
        raise OperationalError("(2002, 'Can not connect to db for evosync using password hunter2')")

    monkeypatch.setattr(beats, "ages", refuse)
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["database"] == "down" and answer.json()["status"] == "failing"
    assert b"hunter2" not in answer.content


def test_a_queue_that_is_gone(client, alive, monkeypatch):
    def refuse(*_args):
        raise RedisGone("Error 111 connecting to redis:6379")

    monkeypatch.setattr(job_report, "oldest_seconds", refuse)
    told = client.get("/health").json()
    assert told["status"] == "failing" and told["database"] == "ok" and told["queue_oldest_seconds"] is None


def test_it_asks_for_no_host_no_https_and_leaves_no_cookie(client, alive, settings):
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get("/health", HTTP_HOST="10.1.2.3:8000")
    assert answer.status_code == 200 and not answer.cookies
    assert answer["Cache-Control"] == "no-store"
    assert client.get("/login").status_code == 301


def test_it_takes_four_questions_and_none_about_the_session(client, alive, django_assert_max_num_queries):
    client.cookies["sessionid"] = "somebody"
    with django_assert_max_num_queries(3):
        client.get("/health")


def test_only_reading_is_allowed(client, alive):
    assert client.head("/health").status_code == 200
    refused = client.post("/health")
    assert refused.status_code == 405 and refused["Allow"] == "GET, HEAD"


def test_the_command_says_the_same_and_its_code_says_whether_all_is_well(operate, alive):
    told = operate("health")
    assert told.code == 0 and json.loads(told.out).keys() == health.report().keys()
    beats.say_goodbye(NOW)
    assert operate("health").code == 1


def test_the_oldest_job_is_found_in_redis_too(monkeypatch, settings):
    """The broker's list, its oldest first, as django-q2 keeps it."""
    began = timezone.now() - timedelta(minutes=5)
    lists = {"long": [SignedPackage.dumps({"started": began}), SignedPackage.dumps({"started": timezone.now()})]}

    class Broker:
        def __init__(self, name):
            self.list_key, self.connection = name, self

        def lindex(self, key, place):
            return lists[key][place] if key in lists else None

    settings.Q_CLUSTER = {**settings.Q_CLUSTER, "orm": None}
    monkeypatch.setattr(job_report, "get_broker", Broker)
    assert 300 <= health.queue_oldest() < 330
    lists.clear()
    assert health.queue_oldest() == 0


def test_attempts_are_counted_where_all_processes_see_them():
    cache.set("attempts", 3)
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM cache")
        assert cursor.fetchone()[0] >= 1
    assert cache.get("attempts") == 3
