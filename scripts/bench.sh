#!/bin/sh
# Measures, and writes the tables of docs/performance.md: `make bench`. Arguments go to the benchmarks:
# sh scripts/bench.sh catalog --small. On MariaDB: BENCH_ON=mariadb sh scripts/bench.sh, with a server of its own in a
# temporary folder or the one that TEST_DATABASE_URL names.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

sh scripts/setup.sh test
if [ "${BENCH_ON:-sqlite}" != mariadb ]; then
    TEST_DATABASE_URL='' exec .venv/bin/python -m benchmarks "$@"
fi
bring_mariadb "the benchmarks on MariaDB"
if [ -n "${TEST_DATABASE_URL:-}" ]; then
    exec .venv/bin/python -m benchmarks "$@"
fi
exec sh scripts/with-mariadb.sh .venv/bin/python -m benchmarks "$@"
