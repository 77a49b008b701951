#!/bin/sh
# Everything that the tests need, then the tests, on SQLite and on MariaDB: `make test`. Arguments go to pytest:
# sh scripts/test.sh -k sync. On one database alone: TEST_ON=mariadb sh scripts/test.sh
# MariaDB is a server of its own in a temporary folder, or the one that TEST_DATABASE_URL names; its user must be
# allowed to create and drop databases whose names begin with test_.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

TEST_ON=${TEST_ON:-sqlite mariadb}
given=${TEST_DATABASE_URL:-}
trap 'exit 130' INT

wanted() {
    case " $TEST_ON " in
    *" $1 "*) ;;
    *) return 1 ;;
    esac
}

# Tests of one file run on one worker: what they share is made once. Three workers for two cores, since most tests wait
# half of their time; in the files' own order, in which no long one comes last. The last line is pytest's code:
# 5 is "nothing was selected", which may be so on one of the databases.
run_tests() {
    code=0
    "$@" || code=$?
    [ "$code" -ne 5 ] || return 0
    ran=yes
    [ "$code" -eq 0 ] || failed=$code
    # Neither passed nor failed: interrupted, or the arguments were wrong. The next database would only repeat it.
    [ "$code" -le 1 ] || exit "$code"
}

sh scripts/setup.sh test
bring git git "the tests that read the list of the project's files" || true
bring make make "the tests of the Makefile" || true
bring redis-server redis-server "the tests of the jobs on Redis" || true
bring chromium chromium "the tests in a browser" || true
# Before any test: also on SQLite some start a server of their own.
mariadb_ready=
if wanted mariadb && bring_mariadb "the run on MariaDB"; then
    mariadb_ready=yes
fi
ran='' failed=0 cover=''

if wanted sqlite; then
    say "On SQLite:"
    # Of a selection it would tell nothing.
    [ "$#" -gt 0 ] || cover=--cov
    run_tests env TEST_DATABASE_URL= .venv/bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -rs \
        ${cover:+"$cover"} "$@"
fi

if wanted mariadb; then
    set -- .venv/bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -rs --maxfail 25 "$@"
    if [ -z "$mariadb_ready" ]; then
        # It was said above what is missing. Nobody reads this in CI.
        [ "${CI:-}" != true ] || failed=1
    elif [ -n "$given" ]; then
        say "On the server of TEST_DATABASE_URL:"
        run_tests "$@"
    else
        say "On MariaDB $(mariadbd --version | sed 's|.*Ver \([0-9.]*\).*|\1|'):"
        run_tests sh scripts/with-mariadb.sh "$@"
    fi
fi

[ "$failed" -ne 0 ] || [ -n "$ran" ] || failed=5
exit "$failed"
