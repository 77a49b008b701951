#!/bin/sh
# Runs a command beside a MariaDB server of its own: sh scripts/with-mariadb.sh COMMAND...
# The command finds the server's address in TEST_DATABASE_URL. The server listens on a socket in a temporary folder
# and reads no configuration of this machine; with the end of this script, however it ends, both are gone.
# Exits with the command's code, or with 69 when there is no server to be had, and says why.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

NO_SERVER=69
# Debian keeps servers where only root looks.
PATH=$PATH:/usr/sbin:/usr/local/sbin

# Memory where there is room for two workers' databases: nothing here has to outlive the tests. A socket's path is
# short by its kind, and plain because it stands in an address.
place() {
    free=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
    if [ -w /dev/shm ] && [ "${free:-0}" -gt 1500000 ]; then
        echo /dev/shm
    else
        printf '%s\n' "${TMPDIR:-/tmp}" | grep -xE '/[A-Za-z0-9/_.-]{0,60}' || echo /tmp
    fi
}

# The server and the folder belong to this part. It reads from a pipe whose only writer is the script: when the
# script ends, be it by SIGKILL, the pipe is at its end.
keep() {
    trap '' HUP INT TERM
    set -- --no-defaults --user="$(id -un)" --datadir="$folder/data"
    if mariadb-install-db "$@" --auth-root-authentication-method=normal --skip-test-db >"$folder/log" 2>&1; then
        # A zone that is not UTC: the settings must bear a server in Moscow time. No byte has to reach a disk. The
        # buffer is that of docker-compose.yml: what is measured here is measured as it is installed.
        mariadbd "$@" --socket="$folder/socket" --pid-file="$folder/pid" --skip-networking \
            --character-set-server=utf8mb4 --collation-server=utf8mb4_bin --default-time-zone=+03:00 \
            --skip-log-bin --innodb-flush-log-at-trx-commit=0 --innodb-log-file-size=64M \
            --innodb-buffer-pool-size=512M --performance-schema=OFF >>"$folder/log" 2>&1 &
        server=$!
    else
        echo Aborting >>"$folder/log"
    fi
    read -r _ || true
    [ -z "${server:-}" ] || kill -KILL "$server" 2>/dev/null || true
    wait
    rm -rf -- "$folder"
}

if [ "${1:-}" = --keep ]; then
    folder=$2
    keep
    exit
fi

for command in mariadbd mariadb-install-db my_print_defaults; do
    command -v "$command" >/dev/null 2>&1 || {
        say "No MariaDB server here: $command is missing (Debian: apt install mariadb-server-core mariadb-client-core)."
        exit $NO_SERVER
    }
done

folder=$(mktemp -d "$(place)/evosync-mariadb-XXXXXX")
mkfifo "$folder/alive"
exec 8<>"$folder/alive"
# A session of its own, where there is setsid: Ctrl-C and a killed process group leave it to clean up.
detached=$(command -v setsid || true)
$detached sh scripts/with-mariadb.sh --keep "$folder" <"$folder/alive" >/dev/null 8>&- &
keeper=$!

finish() {
    exec 8>&-
    wait "$keeper" 2>/dev/null || true
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM

tries=0
until grep -q "ready for connections" "$folder/log" 2>/dev/null; do
    if grep -qs Aborting "$folder/log" || ! kill -0 "$keeper" 2>/dev/null || [ "$tries" -ge 600 ]; then
        say "The MariaDB server did not start:"
        cat "$folder/log" >&2 || true
        exit $NO_SERVER
    fi
    sleep 0.1
    tries=$((tries + 1))
done

TEST_DATABASE_URL="mysql://root@localhost/evosync?unix_socket=$folder/socket"
export TEST_DATABASE_URL
"$@" 8>&-
