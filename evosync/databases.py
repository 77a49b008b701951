"""`DATABASE_URL` as Django's settings, with what each database needs to keep the guarantees."""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

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
# utf8mb4_general_ci holds ё = е and all emoji equal. An operator's database is made so by the README's command.
MARIADB_TEST = {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_bin"}

# One server, the names that different libraries gave it. All end in mysqlclient.
MYSQL_SCHEMES = ("mysql", "mariadb", "mysql+pymysql", "mysql+mysqldb")


def from_url(url: str, var: Path) -> dict:
    """Settings for `mysql://`, `mariadb://`, `mysql+pymysql://` or `sqlite:///`; SQLite under `var` when empty."""
    if not url:
        return sqlite(str(var / "evosync.sqlite3"))
    scheme, _, rest = url.partition("://")
    if scheme in MYSQL_SCHEMES:
        settings = environ.Env.db_url_config(f"mysql://{rest}")
        settings["OPTIONS"] = settings.get("OPTIONS", {}) | MARIADB
        settings["TEST"] = MARIADB_TEST
        return settings
    if scheme == "sqlite":
        settings = environ.Env.db_url_config(url)
        return sqlite(settings["NAME"], **settings.get("OPTIONS", {}))
    # The address itself is not repeated: it may hold a password.
    raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:///, mysql://, mariadb:// or mysql+pymysql://.")


def sqlite(name: str, **options) -> dict:
    """A SQLite file; its folder is made, as SQLite makes only the file."""
    if name != ":memory:":
        folder = Path(name).resolve().parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImproperlyConfigured(f"The database's folder {folder} cannot be made: {error.strerror}.") from None
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": options | SQLITE}
