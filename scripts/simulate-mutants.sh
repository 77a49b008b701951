#!/bin/sh
# Plants faults in our own code, one after another: each must be caught by one of the first seeds. `make simulate-mutants`
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

sh scripts/setup.sh test
exec .venv/bin/python -m tests.simulation "${SEEDS:-0:1000}" --mutants "$@"
