"""The jobs of production: cycles, slices, requests of pages and looks of the watchdog, from django-q2's own queue.

The table, `enqueue` and what a job is packed in are real; the processes of django-q2 are played by two workers. A job
whose worker is killed is handed out again after a while; one that raises, or takes too long, is over.
"""

from __future__ import annotations

import random
from datetime import timedelta
from functools import partial
from pydoc import locate

from django.conf import settings
from django.db import transaction
from django_q.exceptions import TimeoutException
from django_q.signing import SignedPackage

from accounts.models import User
from catalog.models import CachedProduct
from connections.models import Community
from evosync.base.jobs import NOW, enqueue
from vkmarket import deciding, tasks
from vkmarket.publishing import request_run

from .scheduling import Worker

DISPATCH, WATCH = "evosync.jobs.dispatch", "evosync.watching.watch"
# Sometimes the process that notes the end of jobs is killed with its note: the job runs twice.
LOST_END = 0.03
# Slices of fewer seconds have others behind them often.
SHORT = 3.0
RETRY = timedelta(seconds=settings.Q_CLUSTER["retry"])
# What is left undone at the end of the trouble is no sooner found by the watchdog.
PATIENCE = 1_900.0


class ByItself:
    """A queue, and two workers who take what is in it."""

    # When it is due next stands in the row.
    writes = frozenset({"sync_configs"})

    def __init__(self, sim):
        self.sim, self.scheduler = sim, sim.scheduler
        self.rng = random.Random(f"queue {sim.seed}")
        self.idle = ["anna", "boris"]
        # Who found the lease taken: when, and about which products; nothing stands for all.
        self.waiting: list[tuple[str, frozenset[int]]] = []

    def schedule(self, horizon: float) -> None:
        self._ask(DISPATCH)
        for job in (DISPATCH, WATCH):
            self.scheduler.at(self.rng.uniform(0, horizon), partial(self._ask, job))
        for _press in range(self.rng.randint(0, 2)):
            began = self.rng.uniform(0, horizon)
            self.scheduler.at(began, self._press)
            # These come while the slices of the cycle are sent.
            for _request in range(self.rng.randint(0, 3)):
                self.scheduler.at(began + self.rng.uniform(0, 20), self._request)

    def approve(self) -> None:
        deciding.take_over_marks(Community.objects.get(), User.objects.get())

    def one_round(self) -> None:
        self._ask(WATCH)
        self.scheduler.run()
        if self.sim.slice_seconds < SHORT:
            # Between two slices, perhaps.
            self.scheduler.at(self.scheduler.now + self.rng.uniform(2, 8), self._request)
        self._ask(DISPATCH)
        self.scheduler.run()

    # -- what is asked for ---------------------------------------------------------------------------------------

    def _ask(self, job: str) -> None:
        enqueue(job, cluster=NOW)

    def _request(self) -> None:
        """A page asks for some products, or for everything."""
        known = list(CachedProduct.objects.order_by("pk").values_list("pk", flat=True))
        some = self.rng.sample(known, min(len(known), self.rng.choice((0, 1, 1, 2, 3))))
        with transaction.atomic():
            request_run(Community.objects.get(), some)
        self.sim.tell(f"-- a run is asked for, about {some or 'everything'}")

    def _press(self) -> None:
        with transaction.atomic():
            asked = tasks.request_sync(User.objects.get().pk)
        self.sim.tell(f"-- a cycle is asked for{'' if asked else ' again'}")

    # -- the queue -----------------------------------------------------------------------------------------------

    def rings(self) -> None:
        """A job has come into the queue, if the transaction holds."""
        self.scheduler.at(self.scheduler.now + self.rng.uniform(0.01, 0.5), self._look)

    def _look(self) -> None:
        """Hand out jobs as long as somebody has nothing to do."""
        while self.idle and (job := self._take()):
            name = self.idle.pop(self.rng.randrange(len(self.idle)))
            self.sim.workers.append(Worker(self.scheduler, name, partial(self._work, name, *job)))

    def _take(self) -> tuple[int, str] | None:
        """The first job of one of the clusters, kept from the other workers for a while."""
        now = self.scheduler.utc()
        first = self.sim.ask("SELECT min(id) FROM django_q_ormq WHERE lock <= ? GROUP BY key ORDER BY key", _text(now))
        if not first:
            return None
        (key,) = self.rng.choice(first)
        self.sim.ask("UPDATE django_q_ormq SET lock = ? WHERE id = ?", _text(now + RETRY), key)
        return self.sim.ask("SELECT id, payload FROM django_q_ormq WHERE id = ?", key)[0]

    def _work(self, name: str, key: int, payload: str) -> None:
        worker = self.scheduler.current
        try:
            job = SignedPackage.loads(payload)
            self.sim.rounds.pop(name, None)
            self._do(worker, job)
            if self.rng.random() >= LOST_END:
                self.sim.ask("DELETE FROM django_q_ormq WHERE id = ?", key)
        finally:
            back = self.rng.choice((0.5, 30.0, 150.0)) if worker.dead else 0.0
            # What was not ended is handed out again.
            self.scheduler.at(self.scheduler.now + RETRY.total_seconds() + 1, self._look)
            self.scheduler.at(self.scheduler.now + back + self.rng.uniform(0, 0.2), partial(self._is_free, name))

    def _is_free(self, name: str) -> None:
        self.idle.append(name)
        self._look()

    def _do(self, worker: Worker, job: dict) -> None:
        shown = f"{job['func'].rpartition('.')[2]} {job['kwargs'] or ''}"
        self.sim.tell(f"job: {shown}")
        seconds = job.get("timeout", settings.Q_CLUSTER["timeout"])
        try:
            with worker.alarm(seconds, TimeoutException(f"{seconds} s are over")):
                told = locate(job["func"])(*job["args"], **job["kwargs"])
        except TimeoutException as error:
            self.sim.seen["timeout"] += 1
            told = str(error)
        self.sim.tell(f"job: {shown}: {told}")
        self.sim.seen[f"job {job['func'].rpartition('.')[2]}"] += 1
        if job["func"].endswith("publish_slice"):
            self._slice(worker.name, job["kwargs"], told)

    # -- laws --------------------------------------------------------------------------------------------------------

    def _slice(self, name: str, scope: dict, told: str) -> None:
        if not told.startswith("another worker"):
            return
        self.sim.seen["job busy"] += 1
        if name in self.sim.rounds:
            self.sim.seen["lease lost"] += 1
        elif scope.get("plan", True):
            self.waiting.append((self.sim.last_commit[name], frozenset(scope.get("products", ()))))

    def nothing_is_forgotten(self) -> None:
        """The queue is empty. Whoever was sent away was promised that the holder looks again; after a kill the
        watchdog may have had to find the note."""
        if not self.sim.unharmed:
            self.scheduler.now += PATIENCE
            self._ask(WATCH)
            self.scheduler.run()
            if not self.sim.ask("SELECT is_online FROM vk_connections")[0][0]:
                # It is checked first.
                return
        for asked_at, products in self.waiting:
            self.sim.laws.planned_since(asked_at, products)


def _text(moment) -> str:
    """As Django keeps it in SQLite."""
    return str(moment.replace(tzinfo=None))
