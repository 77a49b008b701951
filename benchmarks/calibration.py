"""A loop that is always the same: how fast this machine ran pure Python just before a figure was taken."""

from time import perf_counter

ROUNDS = 3_000_000


def seconds() -> float:
    """How long the loop takes now, in seconds: the best of three."""
    return min(_once() for _ in range(3))


def _once() -> float:
    began = perf_counter()
    total = 0
    for number in range(ROUNDS):
        total = (total * 31 + number) % 1_000_003
    return perf_counter() - began
