"""`python -m benchmarks [NAME…] [--small]`: measure, print, and write the tables of docs/performance.md."""

import argparse
import os
import subprocess
import sys
from time import monotonic

from . import catalog, jobs, pages, paper, publish, urgent
from .figures import Figure
from .stage import set_up

BENCHMARKS = {module.BENCHMARK.name: module.BENCHMARK for module in (catalog, publish, jobs, urgent, pages)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.partition(":")[2])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--small", action="store_true", help="only see that it works; the paper is left alone")
    asked = parser.parse_args()
    if unknown := set(asked.names) - BENCHMARKS.keys():
        parser.error(f"no benchmark {', '.join(sorted(unknown))}")
    server = os.environ.get("TEST_DATABASE_URL", "")
    failed = []
    for name in asked.names or BENCHMARKS:
        try:
            failed += _measure(name, server, asked.small)
        except subprocess.CalledProcessError:
            # Its own process has said why.
            print(f"{name} could not be measured.", file=sys.stderr)
            failed.append(name)
    return 1 if failed else 0


def _measure(name: str, server: str, small: bool) -> list[Figure]:
    """One benchmark, told and written down; the figures that fail."""
    benchmark, began = BENCHMARKS[name], monotonic()
    with set_up(name, server, small) as stage:
        figures = benchmark.run(stage)
    command = f'{"BENCH_ON=mariadb " if server else ""}make bench ARGS="{name}"'
    made = paper.section(benchmark.title, command, stage.database, figures)
    print(f"{made}\n\n({monotonic() - began:.0f} s)\n", flush=True)
    if small:
        return [figure for figure in figures if figure.exact and figure.fails]
    paper.write(f"{'mariadb' if server else 'sqlite'} {name}", made)
    return [figure for figure in figures if figure.fails]


if __name__ == "__main__":
    sys.exit(main())
