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
# Debian keeps servers where only root looks.
PATH=$PATH:/usr/sbin
trap 'exit 130' INT

wanted() {
    case " $TEST_ON " in
    *" $1 "*) ;;
    *) return 1 ;;
    esac
}

# What tests use of the system, all of it: command, Debian's package, what is left out without it.
system_needs() {
    echo "git git the tests that read the list of the project's files"
    echo "make make the tests of the Makefile"
    echo "redis-server redis-server the tests of the jobs on Redis"
    echo "chromium chromium the tests in a browser"
    wanted mariadb || return 0
    echo "gcc gcc the run on MariaDB"
    echo "pkg-config pkg-config the run on MariaDB"
    echo "mariadb_config libmariadb-dev the run on MariaDB"
    [ -z "$given" ] || return 0
    # The server without its service: nothing runs on this machine but what the tests start and stop.
    echo "mariadbd mariadb-server-core the run on MariaDB"
    echo "my_print_defaults mariadb-client-core the run on MariaDB"
}

# As root on Debian what is missing is installed; elsewhere its tests skip themselves, and this says which.
system_needs | while read -r command package tests; do
    command -v "$command" >/dev/null 2>&1 && continue
    if may_install_packages; then
        say "Installing Debian's $package"
        apt_install "$package" || true
    fi
    command -v "$command" >/dev/null 2>&1 ||
        say "Left out: $tests, for want of $command (Debian: apt install $package, as root)."
done

# mysqlclient is compiled against Python's headers, which Debian's own Python leaves to a package.
bring_headers() {
    .venv/bin/python -I -c 'if True:
        import os, sys, sysconfig
        sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' && return
    may_install_packages || return 0
    package=$(.venv/bin/python -I -c 'import sys; print("python%d.%d-dev" % sys.version_info[:2])')
    say "Installing Debian's $package"
    apt_install "$package" || true
}

# Is there a server, or what it takes to start one, and the driver?
mariadb_ready() {
    if [ -z "$given" ]; then
        command -v mariadbd >/dev/null 2>&1 && command -v my_print_defaults >/dev/null 2>&1 || return 1
    fi
    [ -e .venv/installed-mariadb ] || bring_headers
    sh scripts/setup.sh mariadb
}

# Tests of one file run on one worker: what they share is made once. The last line is pytest's code:
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
ran='' failed=0 cover=''

if wanted sqlite; then
    say "On SQLite:"
    # Of a selection it would tell nothing.
    [ "$#" -gt 0 ] || cover=--cov
    run_tests env TEST_DATABASE_URL= .venv/bin/python -m pytest -n 2 --dist loadfile -rs ${cover:+"$cover"} "$@"
fi

if wanted mariadb; then
    set -- .venv/bin/python -m pytest -n 2 --dist loadfile -rs --maxfail 25 "$@"
    if ! mariadb_ready; then
        say "Left out: the run on MariaDB. It needs a server and mysqlclient: see above."
        # Nobody reads this in CI.
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
