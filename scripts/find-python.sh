#!/bin/sh
# Prints the path of a Python that EvoSync can live on, or says on standard error how to get one and exits with 1.
# A name is not enough: a pyenv shim fails for a version that is not chosen, and Debian's python3 makes no venv without
# its python3-venv. So every candidate is tried.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
trap 'exit 130' INT TERM
reasons=$scratch/reasons
: >"$reasons"

# A shim or a broken install may hang; where `timeout` exists, it does so for a minute at most.
run() {
    if command -v timeout >/dev/null 2>&1; then
        timeout 60 "$@" </dev/null 2>/dev/null
    else
        "$@" </dev/null 2>/dev/null
    fi
}

reject() {
    printf '  %s: %s\n' "$1" "$2" >>"$reasons"
    return 1
}

# Prints the interpreter itself: behind a shim or in another venv, the one that stays when those go.
fit() {
    [ -f "$1" ] && [ -x "$1" ] || return 1
    version=$(run "$1" -I -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])') || {
        reject "$1" "does not run"
        return 1
    }
    run "$1" -I -c 'import sys; sys.exit(sys.version_info < (3, 12))' || {
        reject "$1" "is $version, older than 3.12"
        return 1
    }
    for module in ssl sqlite3 ctypes ensurepip; do
        run "$1" -I -c "import $module" || {
            reject "$1" "is $version, but cannot import $module"
            return 1
        }
    done
    rm -rf -- "$scratch/venv"
    { run "$1" -I -m venv "$scratch/venv" >/dev/null && run "$scratch/venv/bin/python" -I -m pip --version >/dev/null; } || {
        reject "$1" "is $version, but makes no virtual environment"
        return 1
    }
    base=$(run "$1" -I -c 'import os, sys; sys.stdout.buffer.write(os.fsencode(sys._base_executable or ""))') || base=
    if [ -f "$base" ] && [ -x "$base" ]; then
        printf '%s\n' "$base"
    else
        printf '%s\n' "$1"
    fi
}

# pyenv's folders: as told, as usual, and beside any shims on PATH (sudo and CI change HOME).
pyenv_roots() {
    printf '%s\n' "${PYENV_ROOT:-}" "${HOME:-}/.pyenv"
    printf '%s\n' "${PATH:-}" | tr ':' '\n' | sed -n 's|/shims/*$||p'
}

# One path a line, the first that fits is taken.
candidates() {
    for name in python3.14 python3.13 python3.12 python3; do
        printf '%s\n' "${PATH:-}" | tr ':' '\n' | while IFS= read -r folder; do
            printf '%s/%s\n' "${folder:-.}" "$name"
        done
    done
    for minor in 3.14 3.13 3.12; do
        pyenv_roots | while IFS= read -r root; do
            for path in "$root/versions/$minor"*/bin/python3; do printf '%s\n' "$path"; done
        done
        for path in "/usr/local/bin/python$minor" /opt/*/bin/"python$minor" /opt/*/*/bin/"python$minor"; do
            printf '%s\n' "$path"
        done
    done
}

# The first candidate that fits. The list goes through a file: in a pipe, `exit` would leave only the loop.
search() {
    candidates >"$scratch/candidates"
    while IFS= read -r path <&3; do
        fit "$path" && return 0
    done 3<"$scratch/candidates"
    return 1
}

# Who names an interpreter is told when it is not the one taken.
if [ -n "${PYTHON:-}" ]; then
    asked=$(command -v -- "$PYTHON") || asked=$PYTHON
    [ -x "$asked" ] || reject "$asked" "is not there" || true
    fit "$asked" && exit 0
    say "PYTHON=$PYTHON does not do, looking further:"
    cat -- "$reasons" >&2
fi
search && exit 0

if may_install_packages; then
    apt_update || true
    for minor in 3.14 3.13 3.12; do
        apt-cache show "python$minor-venv" >/dev/null 2>&1 || continue
        say "No Python fits; installing Debian's python$minor and python$minor-venv."
        apt_install "python$minor" "python$minor-venv" || continue
        search && exit 0
    done
fi

say "EvoSync needs Python 3.12 or newer with ssl, sqlite3, ctypes and ensurepip, able to make a virtual environment."
if [ -s "$reasons" ]; then
    say "Tried:"
    sort -u "$reasons" >&2
fi
say "Ways out:
  - Debian 13 or newer, Ubuntu 24.04 or newer: apt install python3 python3-venv
  - pyenv: pyenv install 3.13 (on Debian first: apt install build-essential libssl-dev libsqlite3-dev libffi-dev
    zlib1g-dev libbz2-dev liblzma-dev libreadline-dev)
  - one that is elsewhere: PYTHON=/path/to/python3.13, in front of the same command"
exit 1
