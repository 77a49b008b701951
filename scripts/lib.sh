# Sourced by the other scripts: goes to the project's folder, whatever the caller's folder, and shuts out what would
# lead .venv's Python to modules of another project.
# shellcheck shell=sh

# PYTHON=./python3.13 is meant from the caller's folder.
case ${PYTHON:-} in
/*) ;;
*/*)
    PYTHON=$PWD/$PYTHON
    export PYTHON
    ;;
esac
CDPATH='' cd -- "$(dirname -- "$0")/.." || exit 1
unset PYTHONHOME PYTHONPATH PYTHONSTARTUP

# For people, on standard error: standard output belongs to what a script is asked for.
say() {
    printf '%s\n' "$*" >&2
}

# Debian, and allowed to install: the only place where the set-up brings in a system's package.
may_install_packages() {
    [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ] && command -v apt-get >/dev/null 2>&1
}

# Lists of packages, fetched once a run of a script.
apt_update() {
    [ -n "${apt_updated:-}" ] || apt-get -qq update >/dev/null 2>&1 || return 1
    apt_updated=yes
}

apt_install() {
    apt_update || say "apt-get could not refresh its lists; trying with those it has."
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@" </dev/null >/dev/null 2>&1
}

# bring COMMAND PACKAGE WHAT: as root on Debian what is missing is installed; elsewhere this says what goes without it.
bring() {
    command -v "$1" >/dev/null 2>&1 && return
    if may_install_packages; then
        say "Installing Debian's $2"
        apt_install "$2" || true
        command -v "$1" >/dev/null 2>&1 && return
    fi
    say "Left out: $3, for want of $1 (Debian: apt install $2, as root)."
    return 1
}

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

# bring_mariadb WHAT: the driver, and the server too where TEST_DATABASE_URL names none. After `setup.sh test`.
bring_mariadb() {
    # Debian keeps servers where only root looks.
    PATH=$PATH:/usr/sbin
    if [ -z "${TEST_DATABASE_URL:-}" ]; then
        # The server without its service: nothing runs on this machine but what is started and stopped here.
        bring mariadbd mariadb-server-core "$1" && bring my_print_defaults mariadb-client-core "$1" || return 1
    fi
    if [ ! -e .venv/installed-mariadb ]; then
        bring gcc gcc "$1" && bring pkg-config pkg-config "$1" && bring mariadb_config libmariadb-dev "$1" || return 1
        bring_headers
    fi
    sh scripts/setup.sh mariadb
}
