#!/bin/sh
# What `make` can do: `make help`.
cat <<'LIST'
make demo    the main job against the sandbox: products of a till appear in a VK Market
make run     the demo's site and sandbox at http://localhost:8000, until Ctrl+C
make test    set-up and tests, on SQLite and MariaDB; arguments for pytest: make test ARGS="-k sync"
make bench   measures, and writes the tables of docs/performance.md; one of them: make bench ARGS=catalog
make check   format and lint; with CI=true only judges
make setup   .venv with everything for work on the code
make lock    requirements/*.txt from requirements/*.in; newest versions: make lock ARGS=--upgrade
make simulate SEEDS=0:300   stories of two workers under faults and kills, by seed; one told: SEEDS=17:18 ARGS=--trace
make simulate-mutants   the same with faults planted in our own code: each must be caught
make torture KILLS=200 ITEMS=2000   random kills over a big shop, by SEED=; on the other database: TORTURE_ON=mariadb
make clean   removes .venv and caches; data in var/ stays
Each is a script that runs without make: sh scripts/demo.sh
LIST
