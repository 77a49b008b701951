#!/bin/sh
# The translations after words of the site changed: `sh scripts/messages.sh`.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

exec .venv/bin/python scripts/messages.py "$@"
