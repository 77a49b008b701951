"""Stories by seed. `0:300` or `300`: the seeds from 0 to 299; `17:18 --trace`: one of them, told step by step."""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import batched

MOST_SHOWN = 5
# So many seeds are given to a process at a time.
CHUNK = 10


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seeds", type=_seeds, help="FROM:TO, or how many from 0 on")
    parser.add_argument("--trace", action="store_true", help="tell what happened")
    parser.add_argument("--mutant", default="", help="plant this fault in our own code: it must be caught")
    parser.add_argument("--mutants", action="store_true", help="plant each of them, one after another")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(words)
    seeds = options.seeds
    _set_up()
    if options.mutants or options.mutant:
        return _mutants(parser, seeds, options.mutant)
    return _live(seeds, options.trace, max(options.processes, 1))


def _seeds(text: str) -> range:
    first, _colon, last = text.rpartition(":")
    try:
        seeds = range(int(first or 0), int(last))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number of seeds nor FROM:TO") from None
    if not seeds or seeds[0] < 0:
        raise argparse.ArgumentTypeError(f"there are no seeds in {text!r}: begin at 0 and end above the beginning")
    return seeds


def _set_up() -> None:
    import django

    django.setup()
    import structlog

    # What goes wrong in a story is told by its trace.
    structlog.configure(processors=[_silent])
    logging.disable(logging.CRITICAL)


def _silent(_logger, _method, _event):
    import structlog

    raise structlog.DropEvent


def _live(seeds: range, trace: bool, processes: int) -> int:
    """Live through the seeds; 1 if one of them broke a law."""
    from tests.simulation import foundations

    began, failed, seen = time.monotonic(), 0, Counter()
    foundations.build()
    for broke, met in _parts(seeds, trace, processes):
        failed += broke
        seen += met
    print(f"{len(seeds)} seeds in {time.monotonic() - began:.1f} s, {failed} broke a law")
    print("; ".join(f"{name}={count}" for name, count in sorted(seen.items())), flush=True)
    return 1 if failed else 0


def _parts(seeds: range, trace: bool, processes: int) -> Iterator[tuple[int, Counter]]:
    """How many seeds of each part broke a law, and what was seen in it."""
    if trace or processes == 1 or len(seeds) <= CHUNK:
        yield _tell(seeds, trace)
        return
    # Forked with everything loaded, and the database made.
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        yield from pool.imap_unordered(_tell, [range(some[0], some[-1] + 1) for some in batched(seeds, CHUNK)])


def _tell(seeds: range, trace: bool = False) -> tuple[int, Counter]:
    from tests.simulation import foundations

    failed, seen = 0, Counter()
    for seed in seeds:
        story = foundations.tell(seed, tracing=trace)
        seen += story.seen + story.chaos.seen
        if trace:
            print(*story.lines, sep="\n")
        if story.laws.broken:
            failed += 1
            _print_broken(story)
            print(f"  replay: make simulate SEEDS={seed}:{seed + 1} ARGS=--trace", flush=True)
    return failed, seen


def _print_broken(story) -> None:
    for what in story.laws.broken[:MOST_SHOWN]:
        print(f"seed {story.seed}: {what}")


def _mutants(parser: argparse.ArgumentParser, seeds: range, only: str) -> int:
    """Each planted fault until a seed catches it; 1 if one of them was caught by none."""
    from tests.simulation import foundations, mutants

    if only and only not in mutants.BY_NAME:
        parser.error(f"no planted fault is called {only!r}; there are {', '.join(mutants.BY_NAME)}")
    foundations.build()
    survivors = []
    for name in [only] if only else mutants.BY_NAME:
        for seed in seeds:
            story = foundations.tell(seed, mutate=mutants.BY_NAME[name])
            if story.slips:
                # It died of how it is planted, not of what it does wrong.
                survivors.append(name)
                print(f"{name}: does not fit the code any more: seed {seed} raised {story.slips[0]!r}", flush=True)
                break
            if story.laws.broken:
                print(f"{name}: caught by seed {seed}", flush=True)
                _print_broken(story)
                break
        else:
            survivors.append(name)
            print(f"{name}: survived {len(seeds)} seeds", flush=True)
    return 1 if survivors else 0


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.simulation.settings"
    if os.environ.get("PYTHONHASHSEED") != "0":
        # Sets of texts go in the order of their hashes: the same seed, the same story.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])
    sys.exit(main(sys.argv[1:]))
