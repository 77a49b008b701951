"""`DATABASE_URL` as Django's settings, with what each database needs to keep the guarantees."""

from pathlib import Path

import environ

SQLITE = {
    # IMMEDIATE: else a transaction that reads and then writes fails with "database is locked".
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
}
MARIADB = {
    "charset": "utf8mb4",
    "isolation_level": "read committed",
    # A server in Moscow time would stretch leases, which are kept by its clock, to hours.
    "init_command": "SET time_zone='+00:00', sql_mode='STRICT_TRANS_TABLES'",
}


def from_url(url: str, var: Path) -> dict:
    """Settings for `mysql://`, `mariadb://`, `mysql+pymysql://` or `sqlite:///`; SQLite under `var` when empty."""
    if not url:
        var.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{var / 'evosync.sqlite3'}"
    for scheme in ("mariadb://", "mysql+pymysql://"):
        if url.startswith(scheme):
            url = "mysql://" + url.removeprefix(scheme)
    settings = environ.Env.db_url_config(url)
    if "sqlite" in settings["ENGINE"]:
        settings["OPTIONS"] = settings.get("OPTIONS", {}) | SQLITE
    elif "mysql" in settings["ENGINE"]:
        settings["OPTIONS"] = settings.get("OPTIONS", {}) | MARIADB
    return settings
