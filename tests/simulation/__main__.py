"""`python -m tests.simulation 0:300`: live through seeds; `17 --trace` tells one; `--mutant NAME` plants a fault."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter

MOST_SHOWN = 5


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seeds", help="17, or 0:300 for the seeds from 0 to 299")
    parser.add_argument("--trace", action="store_true", help="tell what happened, step by step")
    parser.add_argument("--mutant", default="", help="plant this fault in our own code, and stop when it is caught")
    options = parser.parse_args(words)
    first, colon, last = options.seeds.partition(":")
    seeds = range(int(first), int(last)) if colon else range(int(first), int(first) + 1)

    import django

    django.setup()
    import structlog

    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), processors=[_silent])
    from tests.simulation import foundations, mutants

    mutate = mutants.BY_NAME[options.mutant] if options.mutant else None
    foundations.build()
    began, seen, failed = time.monotonic(), Counter(), 0
    for seed in seeds:
        story = foundations.tell(seed, tracing=options.trace, mutate=mutate)
        seen += story.seen + story.chaos.seen
        if options.trace:
            print(*story.lines, sep="\n")
        for what in story.laws.broken[:MOST_SHOWN]:
            print(f"seed {seed}: {what}")
        if story.laws.broken:
            failed += 1
            if mutate is not None:
                print(f"{options.mutant}: caught by seed {seed}")
                return 0
            print(f"  replay: make simulate SEEDS={seed} ARGS=--trace")
    took = time.monotonic() - began
    print(f"{len(seeds)} seeds in {took:.1f} s, {failed} broke a law")
    print(", ".join(f"{name} {count}" for name, count in sorted(seen.items())))
    if mutate is not None:
        print(f"{options.mutant}: survived")
        return 1
    return 1 if failed else 0


def _silent(_logger, _method, _event):
    import structlog

    raise structlog.DropEvent


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.simulation.settings"
    if os.environ.get("PYTHONHASHSEED") != "0":
        # Sets of texts go in the order of their hashes: the same seed, the same story.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])
    sys.exit(main(sys.argv[1:]))
