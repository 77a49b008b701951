#!/bin/sh
# The site, its workers and the sandbox of the demo, until Ctrl+C: `make run`.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

sh scripts/setup.sh base
exec .venv/bin/python manage.py run --sandbox "$@"
