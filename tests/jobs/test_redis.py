"""The queue in a real Redis, where this machine has one: what it loses with a killed worker is found in the rows."""

import os
import shutil
import subprocess
import sys
import tempfile

import pytest
from redis import Redis

from tests.jobs.workers import Workers, kill, until
from tests.own_database import told_by

pytestmark = [
    pytest.mark.xdist_group("jobs"),
    pytest.mark.django_db,
    # Many processes have to begin, on a slow machine too.
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
    pytest.mark.skipif(not shutil.which("redis-server"), reason="no redis-server (Debian: apt install redis-server)"),
]


@pytest.fixture(scope="module")
def redis_url():
    """A server of our own, on a socket, that keeps nothing."""
    # A socket's path is short by its kind.
    with tempfile.TemporaryDirectory() as folder:
        command = ["redis-server", "--port", "0", "--unixsocket", f"{folder}/s", "--save", "", "--dir", folder]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            assert until(lambda: os.path.exists(f"{folder}/s"), 10)
            yield f"unix://{folder}/s"
        finally:
            server.terminate()
            server.wait()


@pytest.fixture(scope="module")
def workers(tmp_path_factory, redis_url, migrated):
    folder = tmp_path_factory.mktemp("redis")
    with migrated(folder) as database:
        made = Workers(folder, database, REDIS_URL=redis_url)
        yield made
        made.stop()


def test_the_till_reaches_the_window_by_way_of_redis(workers, redis_url):
    tea = workers.put("Чай чёрный", "100.00")
    assert workers.show("Чай чёрный", "100.00"), workers.log.read_text()
    workers.set_price(tea, "101.00")
    assert workers.show("Чай чёрный", "101.00"), workers.log.read_text()
    assert until(lambda: '"status": "ok"' in workers.place.manage("health", check=False))
    # Nothing of it went by way of the database.
    assert told_by(workers.place.database, "SELECT COUNT(*) FROM django_q_ormq") == [(0,)]
    assert Redis.from_url(redis_url).info("stats")["total_commands_processed"] > 10


def test_a_job_that_was_lost_with_its_worker_is_made_up_for(workers):
    gate = workers.sandbox.gates.add(method="market.add", when="before")
    workers.put("Кофе в зёрнах", "700.00")
    assert workers.sandbox.gates.wait(gate, timeout=60)
    kill(workers.calling())
    workers.sandbox.gates.release(gate, "drop")
    assert workers.show("Кофе в зёрнах", "700.00"), workers.log.read_text()
    assert workers.items("Кофе в зёрнах") == 1


def test_jobs_tells_of_the_queues_in_redis(workers):
    assert '"at_work": null' in workers.place.manage("jobs", "--json")
