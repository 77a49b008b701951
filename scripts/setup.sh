#!/bin/sh
# setup.sh [base|test|mariadb]: makes .venv and installs the locked packages into it, by hash, and only wheels.
# mariadb is test and mysqlclient, which has no wheel: a compiler builds it (libmariadb-dev, pkg-config, gcc).
# When nothing has changed it does nothing and needs no network.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

what=${1:-base}
case $what in
base) set -- requirements/base.txt ;;
test) set -- requirements/base.txt requirements/test.txt ;;
mariadb) set -- requirements/base.txt requirements/test.txt requirements/mariadb.txt ;;
*)
    say "usage: sh scripts/setup.sh [base|test|mariadb]"
    exit 2
    ;;
esac

python=.venv/bin/python

# What an install is of: the interpreter's version (a system's upgrade leaves the packages behind) and the locks.
# Fails when .venv has no Python that runs: absent, half made, or made from an interpreter that has gone.
fingerprint() {
    [ -x "$python" ] || return 1
    "$python" -I -c '
import hashlib, sys
import pip

sys.exit(1) if sys.version_info < (3, 12) else None
digest = hashlib.sha256(sys.version.encode())
for path in sys.argv[1:]:
    with open(path, "rb") as lock:
        digest.update(lock.read())
print(digest.hexdigest())
' "$@" 2>/dev/null </dev/null
}

up_to_date() {
    [ -f ".venv/installed-$what" ] || return 1
    wanted=$(fingerprint "$@") || return 1
    [ "$(cat ".venv/installed-$what")" = "$wanted" ]
}

# Two set-ups at once (a test run beside a demo) wait for each other.
lock() {
    if command -v flock >/dev/null 2>&1; then
        exec 9>.venv.lock
        flock 9
        return
    fi
    waited=0
    until mkdir .venv.lock.d 2>/dev/null; do
        if [ "$waited" -ge 600 ]; then
            say "Another set-up holds .venv.lock.d for ten minutes. If none runs, remove that folder."
            exit 1
        fi
        sleep 1
        waited=$((waited + 1))
    done
    trap 'rmdir .venv.lock.d' EXIT
    trap 'exit 130' INT TERM
}

make_venv() {
    found=$(sh scripts/find-python.sh)
    say "Making .venv with $found"
    rm -rf -- .venv
    "$found" -I -m venv .venv </dev/null
}

install() {
    label=$(printf '%s and ' "$@")
    say "Installing ${label% and } into .venv"
    for file in "$@"; do
        set -- "$@" -r "$file"
        shift
    done
    # -qq leaves errors only; a folder or an index that pip is told of elsewhere stays in force: any source will do,
    # since every file is checked by its hash.
    "$python" -I -m pip install -qq --no-input --disable-pip-version-check \
        --require-hashes --only-binary :all: --no-binary mysqlclient "$@" </dev/null
}

up_to_date "$@" && exit 0
lock
up_to_date "$@" && exit 0 # made by the set-up that was waited for

# Asked of pip itself: a venv whose making was cut off may have the package and not all of its files.
if ! fingerprint "$@" >/dev/null || ! "$python" -I -m pip --version >/dev/null 2>&1 </dev/null; then
    make_venv
fi
rm -f ".venv/installed-$what"
unset PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV
install "$@" || {
    say "The packages could not be installed. pip needs its package index or a mirror of it, once; later runs need none."
    exit 1
}
# A set-up holds the smaller ones: a demo after a test run has nothing to do.
fingerprint requirements/base.txt >.venv/installed-base
[ "$what" = base ] || fingerprint requirements/base.txt requirements/test.txt >.venv/installed-test
[ "$what" != mariadb ] || fingerprint "$@" >.venv/installed-mariadb
