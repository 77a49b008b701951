"""Workers as processes of their own, left alone: the till reaches the window, and kills need no hand work."""

import sys

import pytest

from sandbox import seed
from tests.jobs.workers import Workers, gone, kill, until
from tests.own_database import empty_database

pytestmark = [
    pytest.mark.xdist_group("jobs"),
    pytest.mark.both_databases,
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
]


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workers")
    with empty_database(folder) as database:
        made = Workers(folder, database)
        yield made
        made.stop()


@pytest.fixture
def told(workers):
    """What the workers have said, where a test fails."""
    yield
    print(workers.log.read_text()[-8000:])


@pytest.fixture(scope="module")
def tea(workers):
    return workers.put("Чай чёрный", "100.00")


def test_what_the_till_says_is_in_the_window_after_the_next_cycle(workers, tea, told):
    assert workers.show("100.00"), workers.prices()
    workers.set_price(tea, "135.50")
    assert workers.show("135.50"), workers.prices()


def test_a_worker_killed_at_an_add_is_followed_by_one_that_ends_it(workers, tea, told):
    gate = workers.sandbox.gates.add(method="market.add", when="after")
    workers.put("Кофе в зёрнах", "700.00")
    assert workers.sandbox.gates.wait(gate, timeout=30)
    kill(workers.calling())
    workers.sandbox.gates.release(gate, "drop")
    assert workers.show("135.50", "700.00"), workers.prices()
    assert len(workers.sandbox.vk.items(seed.VK_GROUP_ID)) == 2
    assert until(lambda: workers.complete("long"))


def test_killed_with_nothing_to_do_they_take_no_lock_with_them(workers, tea, told):
    """All of a cluster but its sentinel: workers that wait for jobs, the monitor, the pusher."""
    assert until(lambda: workers.complete("long"))
    for pid in workers.crew("long"):
        kill(pid)
    workers.set_price(tea, "136.00")
    assert workers.show("136.00", "700.00"), workers.prices()


@pytest.mark.parametrize("victim", ["parent", "sentinel"])
def test_a_cluster_that_lost_its_head_ends_and_begins_anew(workers, tea, told, victim):
    price = {"parent": "137.00", "sentinel": "138.00"}[victim]
    assert until(lambda: workers.complete("long"))
    crew = [workers.sentinel("long"), *workers.crew("long")]
    kill(getattr(workers, victim)("long"))
    assert until(lambda: gone(crew), 10)
    workers.set_price(tea, price)
    assert workers.show(price, "700.00"), workers.prices()


def test_asked_to_stop_all_end_with_their_jobs_done(workers, tea, told):
    assert until(lambda: workers.complete("long") and workers.complete("now"))
    everybody = [pid for name in ("now", "long") for pid in (workers.parent(name), workers.sentinel(name))]
    everybody += workers.crew("now") + workers.crew("long")
    workers.process.terminate()
    assert workers.process.wait(60) == 0
    assert gone(everybody)
    told = workers.place.manage("jobs", "--json")
    assert '"running": []' in told and '"at_work": 0' in told
