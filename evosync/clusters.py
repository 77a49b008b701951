"""One cluster of workers: django-q2's, without two of its ways to stop working after a kill."""

import os
import signal
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import wait
from queue import Empty
from time import sleep

import structlog
from django import db
from django.conf import settings
from django_q import cluster as django_q_cluster
from django_q.queues import Queue
from django_q.signals import post_execute_in_worker, pre_execute

from evosync.base import clock, metrics
from evosync.base.jobs import NOW, ask_to_leave, share_stop

from . import beats, jobs
from .supervising import end_with_parent

log = structlog.get_logger(__name__)
# django-q2 looks at its schedules every 30 seconds, and they count in minutes.
LEAST_SCHEDULED = 60
POLL_SECONDS = 0.5
STOP_SECONDS = 50
# When the job began that this worker is at: it does one at a time.
_began = 0.0


class UnlockedQueue(Queue):
    """Waits for a job without holding the queue's lock.

    The standard one waits inside the lock: a worker killed while it had nothing to do would take the lock with it,
    and no other would ever get a job again.
    """

    def get(self, block=True, timeout=None):
        if not block or timeout is not None:
            return super().get(block, timeout)
        while True:
            wait([self._reader])
            try:
                return super().get(True, POLL_SECONDS)
            except Empty:
                # Another was quicker.
                continue


class Cluster(django_q_cluster.Cluster):
    """Its handler of signals stops everything from inside the handler, whatever was being done; here it notes."""

    def __init__(self):
        # No event, which is a lock: a handler may come while it is held.
        self.asked_to_stop = False
        super().__init__()
        signal.signal(signal.SIGHUP, self.sig_handler)

    def sig_handler(self, signum, frame):
        self.asked_to_stop = True


def run(name: str) -> int:
    """Work as the cluster `name` until a signal asks for the end: jobs that run are finished first. The exit code."""
    django_q_cluster.Queue = UnlockedQueue
    pre_execute.connect(_begin_job)
    post_execute_in_worker.connect(_end_job)
    jobs.make_schedules()
    _end_children_with_us()
    share_stop()
    # What is open here must not be shared with the children.
    db.connections.close_all()
    cluster = Cluster()
    cluster.start()
    _guard(cluster, name)
    ask_to_leave()
    _survive(beats.say_goodbye, name)
    if cluster.sentinel.is_alive():
        # A job that does not end is ended with us: whoever stops us waits for 60 seconds.
        signal.alarm(STOP_SECONDS)
        cluster.stop()
        return 0
    log.error("the sentinel of the cluster has ended", cluster=name, code=cluster.sentinel.exitcode)
    return 1


def _guard(cluster: Cluster, name: str) -> None:
    """Wait for the end; meanwhile give signs of life, and dispatch where schedules are too coarse for it."""
    chores: list[tuple[float, Callable[[], object]]] = [(beats.BEAT_SECONDS, partial(beats.beat, name))]
    if name == NOW:
        # No job of theirs can: it would not be begun.
        chores.append((LEAST_SCHEDULED, jobs.put_schedules_right))
    if name == NOW and settings.DISPATCH_SECONDS < LEAST_SCHEDULED:
        chores.append((settings.DISPATCH_SECONDS, jobs.dispatch))
    # The first time at once.
    waits = [0.0] * len(chores)
    while not cluster.asked_to_stop and cluster.sentinel.is_alive():
        for place, (every, chore) in enumerate(chores):
            if waits[place] <= 0:
                waits[place] = every
                _survive(chore)
            waits[place] -= POLL_SECONDS
        sleep(POLL_SECONDS)


def _survive(chore: Callable, *args) -> None:
    try:
        chore(*args)
    except Exception:
        # A locked or restarting database: the next time it goes better.
        log.exception("a chore beside the workers failed", chore=str(chore))
    finally:
        db.close_old_connections()


def _begin_job(task, **_kwargs) -> None:
    """All that is logged inside a job carries its id."""
    global _began
    _began = clock.monotonic()
    structlog.contextvars.bind_contextvars(run=task["id"][:12])
    metrics.JOBS_BEGUN.labels(task["func"]).inc()


def _end_job(task, **_kwargs) -> None:
    structlog.contextvars.clear_contextvars()
    outcome = "done" if task.get("success") else "failed"
    metrics.count_job(task["func"], outcome, clock.monotonic() - _began)


def _end_children_with_us() -> None:
    """Children of a killed parent, and theirs, end with it: else they would work on for ever beside the new ones."""
    follow: list[Callable[[], None] | None] = [None]

    def prepare() -> None:
        # Asked anew at every fork: a child that forks is a parent too.
        follow[0] = end_with_parent(signal.SIGKILL)

    def begin() -> None:
        if follow[0]:
            follow[0]()

    os.register_at_fork(before=prepare, after_in_child=begin)
