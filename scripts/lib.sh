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
