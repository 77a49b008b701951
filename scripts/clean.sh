#!/bin/sh
# Removes what the set-up and the tools made and can make again: `make clean`.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

rm -rf -- .venv .venv.lock .venv.lock.d .pytest_cache .ruff_cache .hypothesis .coverage htmlcov
find . -path ./var -prune -o -path ./.git -prune -o -type d -name __pycache__ -exec rm -rf -- {} +
say "Removed .venv, caches and reports. Kept var/, where the data and the keys are."
