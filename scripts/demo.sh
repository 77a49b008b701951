#!/bin/sh
# The main job against the sandbox, on nothing but a Python: `make demo`.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

sh scripts/setup.sh base
exec .venv/bin/python manage.py demo "$@"
