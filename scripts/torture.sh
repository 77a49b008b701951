#!/bin/sh
# Kills the main job at random, again and again, while the till goes on: make torture KILLS=200 ITEMS=2000 SEED=1. Takes
# some twenty minutes, and prints the seed. On MariaDB: TORTURE_ON=mariadb, with a server of its own in a temporary
# folder or the one that TEST_DATABASE_URL names.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

DJANGO_SETTINGS_MODULE=tests.settings
export DJANGO_SETTINGS_MODULE
sh scripts/setup.sh test
set -- .venv/bin/python -m tests.killing --kills "${KILLS:-200}" --items "${ITEMS:-2000}" ${SEED:+--seed "$SEED"} "$@"
if [ "${TORTURE_ON:-sqlite}" != mariadb ]; then
    TEST_DATABASE_URL='' exec "$@"
fi
bring_mariadb "torture on MariaDB"
if [ -n "${TEST_DATABASE_URL:-}" ]; then
    exec "$@"
fi
exec sh scripts/with-mariadb.sh "$@"
