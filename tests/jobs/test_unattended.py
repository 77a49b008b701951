"""Workers as processes of their own, left alone: the till reaches the window, and kills need no hand work."""

import sys
from time import sleep

import pytest

from tests.jobs.workers import Workers, gone, kill, until

pytestmark = [
    # They share workers; spread all the same, each process has workers of its own.
    pytest.mark.xdist_group("jobs"),
    pytest.mark.django_db,
    # Many processes have to begin, on a slow machine too.
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
]


@pytest.fixture(scope="module")
def workers(tmp_path_factory, migrated):
    folder = tmp_path_factory.mktemp("workers")
    with migrated(folder) as database:
        made = Workers(folder, database)
        yield made
        made.stop()


def test_what_the_till_says_is_in_the_window_after_the_next_cycle(workers, told):
    tea = workers.put("Чай чёрный", "100.00")
    assert workers.show("Чай чёрный", "100.00")
    workers.set_price(tea, "135.50")
    assert workers.show("Чай чёрный", "135.50")


def test_each_cluster_gives_signs_of_life_that_the_probe_sees(workers, told):
    assert until(lambda: '"status": "ok"' in workers.place.manage("health", check=False))


def test_a_worker_killed_at_an_add_is_followed_by_one_that_ends_it(workers, told):
    gate = workers.sandbox.gates.add(method="market.add", when="before")
    coffee = workers.put("Кофе в зёрнах", "700.00")
    assert workers.sandbox.gates.wait(gate, timeout=60)
    kill(workers.calling())
    workers.sandbox.gates.release(gate, "drop")
    assert workers.show("Кофе в зёрнах", "700.00")
    workers.set_price(coffee, "701.00")
    assert workers.show("Кофе в зёрнах", "701.00") and workers.items("Кофе в зёрнах") == 1
    assert until(lambda: workers.complete("long"))


def test_killed_with_nothing_to_do_they_take_no_lock_with_them(workers, told):
    """All of a cluster but its sentinel: workers that wait for jobs, the monitor, the pusher."""
    assert until(lambda: workers.complete("long"))
    for pid in workers.crew("long"):
        kill(pid)
    workers.put("Какао тёртое", "300.00")
    assert workers.show("Какао тёртое", "300.00")


@pytest.mark.parametrize("victim", ["parent", "sentinel"])
def test_a_cluster_that_lost_its_head_ends_and_begins_anew(workers, told, victim):
    assert until(lambda: workers.complete("long"))
    crew = [workers.sentinel("long"), *workers.crew("long")]
    kill(getattr(workers, victim)("long"))
    assert until(lambda: gone(crew), 10)
    workers.put(f"Цикорий, {victim}", "90.00")
    assert workers.show(f"Цикорий, {victim}", "90.00")


def test_asked_to_stop_all_end_once_the_job_at_hand_is_done(workers, told):
    assert until(lambda: workers.complete("long") and workers.complete("now"))
    everybody = [pid for name in ("now", "long") for pid in (workers.parent(name), workers.sentinel(name))]
    everybody += workers.crew("now") + workers.crew("long")
    gate = workers.sandbox.gates.add(method="market.add", when="before")
    workers.put("Чай мате", "55.00")
    assert workers.sandbox.gates.wait(gate, timeout=60)
    workers.process.terminate()
    sleep(0.5)
    assert workers.process.poll() is None and workers.prices("Чай мате") == []
    workers.sandbox.gates.release(gate)
    assert workers.process.wait(60) == 0
    assert gone(everybody)
    # Nobody is left who could do it now.
    assert workers.prices("Чай мате") == [55]
