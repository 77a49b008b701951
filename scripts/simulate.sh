#!/bin/sh
# Stories of two workers under faults, kills and meddling, by seed: `make simulate SEEDS=0:300`. One seed, told step by
# step: make simulate SEEDS=17:18 ARGS=--trace
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

sh scripts/setup.sh test
exec .venv/bin/python -m tests.simulation "${SEEDS:-0:300}" "$@"
