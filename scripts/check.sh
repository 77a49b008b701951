#!/bin/sh
# Formats and checks everything that is not a test: `make check`. With CI=true it changes no file and only judges.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

sh scripts/setup.sh test
bin=.venv/bin
failed=

check() {
    say "- $1"
    shift
    "$@" </dev/null || failed=yes
}

if [ "${CI:-}" = true ]; then
    check "ruff format" $bin/ruff format --check .
    check "ruff check" $bin/ruff check .
else
    check "ruff format" $bin/ruff format .
    check "ruff check" $bin/ruff check --fix .
fi

check "types" $bin/mypy

# The tests' settings: a check needs no keys and no database of this machine.
check "django check" env DJANGO_SETTINGS_MODULE=tests.settings $bin/python manage.py check
check "migrations" env DJANGO_SETTINGS_MODULE=tests.settings $bin/python manage.py makemigrations --check --dry-run
check "shell scripts" $bin/shellcheck -x scripts/*.sh .ci/run
check "docker-compose.yml" $bin/python -m check_jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
check "Dockerfile" $bin/hadolint Dockerfile
check ".pre-commit-config.yaml" $bin/python -m pre_commit validate-config .pre-commit-config.yaml

if [ -n "$failed" ]; then
    say "Something is not right: see above."
    exit 1
fi
say "All well."
