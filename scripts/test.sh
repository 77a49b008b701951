#!/bin/sh
# Everything that the tests need, then the tests: `make test`. Arguments go to pytest: sh scripts/test.sh -k sync
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

# What tests use of the system, all of it: command, Debian's package, what is left out without it.
system_needs() {
    cat <<'LIST'
git git the tests that read the list of the project's files
make make the tests of the Makefile
LIST
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

sh scripts/setup.sh test
# Tests that share something costly name a group, which one worker runs.
exec .venv/bin/python -m pytest -n 2 --dist loadgroup -rs "$@"
