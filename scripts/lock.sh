#!/bin/sh
# Writes requirements/*.txt from requirements/*.in: `make lock`. Versions stay unless asked: sh scripts/lock.sh --upgrade
# The locks hold hashes and no address, so that any index or mirror serves them.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

python=$(sh scripts/find-python.sh)
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
trap 'exit 130' INT TERM

# uv is a tool of this script alone, so it has no place in the locks that it writes.
say "Fetching uv"
"$python" -I -m venv "$scratch/uv"
"$scratch/uv/bin/python" -I -m pip install -qq --no-input --disable-pip-version-check --only-binary :all: uv

cd requirements
# test is compiled against base.txt, so that both install together: base comes first.
for name in base mariadb test; do
    say "Locking requirements/$name.txt"
    "$scratch/uv/bin/uv" pip compile --quiet --no-config --universal --generate-hashes --python-version 3.12 \
        --no-emit-index-url --no-emit-find-links --no-header "$@" "$name.in" -o "$name.txt"
done
