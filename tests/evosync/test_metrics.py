"""`/metrics`: who may read it, what it tells, and that processes count together."""

import os
import re
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from connections.models import ConnectionFault
from evosync import beats, clusters, metric_files
from evosync.base.jobs import LONG, NOW
from tests import factories
from tests.evosync.test_start import KEYS, ROOT
from vkmarket.reasons import Block, Lane, Reason

TOKEN = "0f3c-metrics"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def scrape(settings, tmp_path, client):
    """The page as Prometheus reads it: (name, labels) -> value."""
    settings.METRICS_TOKEN, settings.PROMETHEUS_MULTIPROC_DIR = TOKEN, str(tmp_path)

    def read() -> dict[tuple, float]:
        return figures(client.get("/metrics", headers=BEARER).content.decode())

    return read


def figures(text: str) -> dict[tuple, float]:
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, *sorted(sample.labels.values())): sample.value for sample in samples}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (BEARER, 200),
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": TOKEN}, 401),
        ({"Authorization": "Bearer токен"}, 401),
        ({"Authorization": "Bearer "}, 401),
    ],
)
def test_only_who_knows_the_token_reads_it(scrape, client, headers, code):
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == code and not answer.cookies
    assert (b"evosync_" in answer.content) is (code == 200)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer "}])
def test_without_a_token_there_is_no_page(client, settings, headers):
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers=headers).status_code == 404


@pytest.mark.django_db
def test_it_may_be_asked_by_any_name_and_without_https(scrape, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert Client(headers=BEARER).get("/metrics", headers={"host": "web:8000"}).status_code == 200


def test_what_the_database_knows(scrape, db):
    now = timezone.now()
    factories.EvotorConnectionFactory(last_checked_at=now)
    vk = factories.VkConnectionFactory(is_online=False, last_checked_at=now, last_error=ConnectionFault.TOKEN)
    community = vk.community
    # Disconnected, or typed wrong once.
    factories.EvotorConnectionFactory(access_token="", last_checked_at=now, last_error=ConnectionFault.TOKEN)
    factories.VkConnectionFactory(access_token="", community=None, group_id=7, last_checked_at=now)
    for fields in (
        {},
        {"lane": Lane.PRICE},
        {"hold": Reason.ALCOHOL},
        {"lane": Lane.HIDE, "blocked": Block.GUARD_REMOVALS, "hold": Reason.ABSENT},
        {"vk_item_id": 1},
        {"vk_item_id": 2, "confirmed_at": now},
        {"unsettled_since": now},
    ):
        factories.ListingFactory(community=community, **fields)
    factories.SyncRunFactory(community=community, status="failed")
    factories.SyncRunFactory(community=community, status="waiting")
    factories.SyncRunFactory(community=community, status="preview")
    # Whose merchant has left.
    factories.SyncRunFactory(community=factories.CommunityFactory(), status="waiting")
    factories.CachedProductFactory()
    OrmQ.objects.create(key=LONG, payload="", lock=now - timedelta(seconds=90))
    beats.beat(NOW)

    told = scrape()
    assert told["evosync_up",] == 1
    connections = {key[1:]: value for key, value in told.items() if key[0] == "evosync_connections"}
    # The third is the product's.
    assert connections == {
        ("", "evotor", "online"): 1, ("offline", "token", "vk"): 1, ("", "evotor", "unchecked"): 1,
    }  # fmt: skip
    listings = {key[1:]: value for key, value in told.items() if key[0] == "evosync_listings"}
    assert listings == {
        ("", "unsent"): 1,
        ("", "waiting"): 1,
        ("alcohol", "held"): 1,
        ("blocked", "guard_removals"): 1,
        ("", "sent"): 1,
        ("", "confirmed"): 1,
        ("", "unsettled"): 1,
    }
    assert told["evosync_communities", "waiting"] == 1 and ("evosync_communities", "failed") not in told
    assert told["evosync_products",] == 1
    assert told["evosync_queue_jobs", "long"] == 1 and told["evosync_queue_jobs", "now"] == 0
    assert 90 <= told["evosync_queue_oldest_seconds", "long"] < 120
    assert told["evosync_worker_seen_seconds", "now"] < 30 and ("evosync_worker_seen_seconds", "long") not in told


@pytest.mark.django_db
def test_a_scrape_asks_a_few_questions_however_many_merchants_there_are(scrape, django_assert_max_num_queries):
    for _merchant in range(3):
        factories.EvotorConnectionFactory()
        factories.SyncRunFactory()
        factories.ListingFactory()
    with django_assert_max_num_queries(12):
        scrape()


@pytest.mark.django_db
def test_with_the_database_gone_the_page_says_so_and_keeps_the_counters(scrape, monkeypatch):
    def refuse():
        raise OperationalError("gone")

    monkeypatch.setattr(beats, "ages", refuse)
    told = scrape()
    assert told["evosync_up",] == 0 and ("evosync_info", "2.0.0") in told


def counted(name: str, **labels) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


@pytest.mark.django_db
def test_requests_are_counted_by_view_and_status_and_never_by_address(client):
    before = counted("evosync_requests_total", view="account_login", method="GET", status="200")
    lost = counted("evosync_requests_total", view="none", method="GET", status="404")
    odd = counted("evosync_requests_total", view="none", method="other", status="404")
    client.get("/login")
    client.get("/no/such/0f3c")
    client.generic("BREW", "/no/such/page")
    client.get("/health")
    assert counted("evosync_requests_total", view="account_login", method="GET", status="200") == before + 1
    assert counted("evosync_requests_total", view="none", method="GET", status="404") == lost + 1
    assert counted("evosync_requests_total", view="none", method="other", status="404") == odd + 1
    assert counted("evosync_request_seconds_count", view="account_login", method="GET") >= 1


@pytest.mark.parametrize(("success", "outcome"), [(True, "done"), (False, "failed"), (None, "failed")])
def test_a_job_is_counted_as_it_begins_and_as_it_ends(success, outcome):
    job = f"tests.{outcome}"
    begun, ended = (
        counted("evosync_jobs_begun_total", task=job),
        counted("evosync_jobs_total", task=job, outcome=outcome),
    )
    task = {"id": "a" * 32, "func": job} | ({} if success is None else {"success": success})
    clusters._begin_job(task=task)
    assert counted("evosync_jobs_begun_total", task=job) == begun + 1
    clusters._end_job(task=task)
    assert counted("evosync_jobs_total", task=job, outcome=outcome) == ended + 1
    assert counted("evosync_job_seconds_count", task=job) >= 1


COUNT = """
import os, sys
from evosync import settings
from evosync.base import metrics
metrics.count_job("tea", "done", 0.1)
for _child in range(2):
    if not os.fork():
        metrics.count_job("tea", "done", 0.1)
        sys.stdin.readline()
        os._exit(0)
print("counted", flush=True)
sys.stdin.readline()
"""


def test_processes_count_together_and_a_killed_ones_files_are_taken_over(tmp_path):
    """Three generations of three; the first ends in good order, the second is killed."""
    environment = {**KEYS, "PATH": os.environ["PATH"], "READ_DOTENV": "0", "VAR_DIR": str(tmp_path)}
    environment |= {"METRICS_TOKEN": TOKEN}

    def start() -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-c", COUNT], cwd=ROOT, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        assert process.stdout.readline() == "counted\n"
        return process

    def told() -> float:
        code = "import django; django.setup()\nfrom evosync import metrics\nprint(metrics.page().decode())"
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
            env=environment | {"DJANGO_SETTINGS_MODULE": "evosync.settings"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return float(re.search(r'^evosync_jobs_total{outcome="done",task="tea"} (\S+)$', done.stdout, re.M)[1])

    first = start()
    waited = told_until(told, 3)
    first.communicate("\n\n\n", timeout=30)
    second = start()
    waited = told_until(told, waited + 3)
    files = sorted((tmp_path / "metrics").glob("counter_*.db"))
    os.killpg(second.pid, signal.SIGKILL)
    second.communicate(timeout=30)
    third = start()
    assert told_until(told, waited + 3) == 9
    third.communicate("\n\n\n", timeout=30)
    assert sorted((tmp_path / "metrics").glob("counter_*.db")) == files


def told_until(told, wanted: float) -> float:
    """A child may count a moment after its parent."""
    for _try in range(10):
        if (found := told()) >= wanted:
            return found
    return found


def test_a_process_keeps_its_place_and_two_never_share_one(tmp_path):
    mine = metric_files.Place(tmp_path)
    assert mine() == mine() == 0
    code = "from pathlib import Path\nfrom evosync import metric_files\n"
    code += f"print(metric_files.Place(Path({str(tmp_path)!r}))())"
    other = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert other.stdout == "1\n"
    os.close(mine.lock)


def test_a_folder_that_cannot_be_written_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "metrics").write_text("a file")
    environment = {**KEYS, "PATH": os.environ["PATH"], "READ_DOTENV": "0", "VAR_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=environment | {"METRICS_TOKEN": TOKEN},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "PROMETHEUS_MULTIPROC_DIR cannot be written" in done.stderr and "Traceback" not in done.stderr
