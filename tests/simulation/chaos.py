"""What goes wrong, and when: drawn from the seed, sprung at outside calls and at commits."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

# Of the whole request: token, haste, flood, VK's own error, captcha, cap.
TOP_CODES = (1, 5, 6, 6, 9, 10, 10, 14, 29)
# Of one call in an execute.
INNER_CODES = (6, 9, 10, 14, 29, 100, 1403, 1405)
EVOTOR_CODES = (401, 402, 403, 404, 429, 500, 502)

# Kinds of trouble with their weights.
VK_TROUBLES = {
    "not_run": 2,
    "lost_before": 2,
    "lost_late": 3,
    "lost_after": 4,
    "lost_middle": 4,
    "top_error": 5,
    "error_after": 1,
    "inner_error": 6,
    "inner_error_after": 2,
    "bad_http": 2,
}
EVOTOR_TROUBLES = {"not_run": 1, "lost_before": 2, "evotor_error": 5, "short": 5, "bad_http": 1}
UPLOAD_TROUBLES = {"not_run": 1, "lost_before": 1, "lost_after": 1, "bad_http": 1}
DEATHS = ("die_before", "die_zombie", "die_after")


@dataclass(slots=True)
class Chaos:
    """One seed's bad luck. `on` False: everything works."""

    rng: random.Random
    on: bool = True
    share: float = 0.0
    # Each is so many points of death, or commits, away.
    deaths: list[int] = field(default_factory=list)
    freezes: list[int] = field(default_factory=list)
    seen: Counter = field(default_factory=Counter)

    @classmethod
    def of(cls, seed: int) -> Chaos:
        rng = random.Random(f"chaos {seed}")
        chaos = cls(rng, share=rng.choice((0, 0.02, 0.06, 0.15, 0.3)))
        chaos.deaths = [rng.randint(1, 90) for _number in range(rng.choice((0, 1, 1, 2, 3)))]
        chaos.freezes = [rng.randint(1, 40) for _number in range(rng.choice((0, 0, 1, 2)))]
        return chaos

    def dies_here(self) -> bool:
        """Is this one of the moments at which a worker is killed?"""
        return self.on and self._comes(self.deaths, "kill")

    def freezes_here(self) -> bool:
        """Does the worker stop here for longer than its lease, and go on as if nothing had been?"""
        return self.on and self._comes(self.freezes, "freeze")

    def _comes(self, countdowns: list[int], name: str) -> bool:
        if not countdowns:
            return False
        countdowns[0] -= 1
        if countdowns[0] > 0:
            return False
        countdowns.pop(0)
        self.seen[name] += 1
        return True

    def trouble(self, api: str, calls: int) -> str:
        """What goes wrong with this request; "" for nothing. `calls`: how many are in it."""
        if not self.on:
            return ""
        if self.dies_here():
            kind = self.rng.choice(DEATHS)
        elif self.rng.random() >= self.share:
            return ""
        else:
            kinds = {"vk": VK_TROUBLES, "upload": UPLOAD_TROUBLES, "evotor": EVOTOR_TROUBLES}[api]
            if not calls:
                kinds = {kind: weight for kind, weight in kinds.items() if "inner" not in kind and "middle" not in kind}
            (kind,) = self.rng.choices(list(kinds), kinds.values())
        self.seen[kind] += 1
        return kind
