"""Two workers that run the whole main job themselves, as `manage.py sync` does."""

from __future__ import annotations

from accounts.models import User
from vkmarket.models import SyncRun
from vkmarket.syncing import Job

from .scheduling import Worker


class ByHand:
    """Each begins it again and again; whoever is killed comes back after a while."""

    # What every round writes, beside what any kind of round does.
    writes: frozenset[str] = frozenset()

    def __init__(self, sim):
        self.sim, self.scheduler, self.rng = sim, sim.scheduler, sim.rng
        # When somebody found the lease taken, and its fence: nobody has looked again since.
        self.waiting: list[tuple[str, int]] = []
        self.approve_next = False

    def schedule(self, horizon: float) -> None:
        together = self.rng.random() < 0.5
        for name in ("anna", "boris"):
            start = 0.0 if together else self.rng.uniform(0, horizon / 4)
            self.scheduler.at(start, lambda name=name: self._start(name, horizon))

    def approve(self) -> None:
        self.approve_next = True

    def one_round(self) -> None:
        self.sim.workers.append(Worker(self.scheduler, "anna", lambda: self._job("anna")))
        self.scheduler.run()

    def rings(self) -> None:
        """Nobody looks into the queue."""

    def nothing_is_forgotten(self) -> None:
        """Asked whenever a job has ended well: see `_honour`."""

    def _start(self, name: str, horizon: float) -> None:
        self.sim.workers.append(Worker(self.scheduler, name, lambda: self._live(name, horizon)))

    def _live(self, name: str, horizon: float) -> None:
        try:
            while self.scheduler.now < horizon:
                self._job(name)
                self.scheduler.sleep(self.rng.uniform(horizon / 2, horizon * 2))
        finally:
            worker = self.scheduler.current
            if worker.dead and self.scheduler.now < horizon:
                again = self.scheduler.now + self.rng.choice((1.0, 30.0, 150.0))
                self.scheduler.at(again, lambda: self._start(name, horizon))

    def _job(self, name: str) -> None:
        approve, self.approve_next = self.approve_next, False
        began = self.sim.moment()
        user = User.objects.select_related("evotor", "vk__community").get()
        self.sim.rounds.pop(name, None)
        outcome = Job(user).run(refresh=True, dry_run=False, approve=approve)
        told = outcome.values
        self.sim.tell(f"job: {told['status']} {told['errors']} {_short(told)}")
        self.sim.seen[f"job {told['status']}"] += 1
        if told["status"] == "busy" and name not in self.sim.rounds:
            # Turned away at the door. Who lost the lease on the way was followed by one that planned after it.
            self.waiting.append((self.sim.last_commit[name], self.sim.fence()))
        elif told["status"] == "busy":
            self.sim.seen["lease lost"] += 1
        elif told["status"] in (SyncRun.Status.DONE, SyncRun.Status.WAITING) and not told["errors"]:
            self._honour(name, began)

    def _honour(self, name: str, began: str) -> None:
        """A round has ended well: whoever found its lease taken was looked after. One that stood still after it
        gave the lease back knows nothing of those who came to a later holder."""
        fence = self.sim.rounds[name].fence
        for asked_at, found in self.waiting:
            if asked_at > began and found <= fence:
                self.sim.laws.somebody_looked_again(asked_at, f"the job that began at {began} has ended")
        self.waiting = [(asked_at, found) for asked_at, found in self.waiting if found > fence]


def _short(told: dict) -> dict:
    return {name: told[name] for name in ("created", "updated", "hidden", "held", "failed", "unknown", "waiting")}
