"""How far a round is, for whoever watches it on a page."""

import math
from dataclasses import dataclass

from evosync.base import clock

from .models import SyncRun
from .stages import Tell

# A row is written so often at most, in seconds.
EVERY = 1.0


@dataclass(slots=True)
class Noted:
    """Tells on, and keeps what was told with the run."""

    run: SyncRun
    tell: Tell
    _stage: str = ""
    _at: float = -math.inf

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        self.tell(stage, done, total)
        now = clock.monotonic()
        if stage == self._stage and now - self._at < EVERY:
            return
        self._stage, self._at = stage, now
        self.run.progress = {"stage": stage, "done": done, "total": total}
        SyncRun.objects.filter(pk=self.run.pk).update(progress=self.run.progress)
