"""`DATABASE_URL` in all its spellings, and what is in force on the open connection."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from evosync import databases

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("scheme", ["mysql", "mariadb", "mysql+pymysql"])
def test_every_spelling_of_mariadb_is_the_same_server(scheme, tmp_path):
    found = databases.from_url(f"{scheme}://shop:p%40ss%2Fword@db.example.org:3307/evosync", tmp_path)
    assert found["ENGINE"] == "django.db.backends.mysql"
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (
        "shop",
        "p@ss/word",
        "db.example.org",
        3307,
        "evosync",
    )
    assert found["OPTIONS"]["isolation_level"] == "read committed"
    assert "time_zone='+00:00'" in found["OPTIONS"]["init_command"]
    assert found["OPTIONS"]["charset"] == "utf8mb4"
    assert found["TEST"]["COLLATION"] == "utf8mb4_bin"


def test_options_of_the_address_are_kept_but_not_against_ours(tmp_path):
    found = databases.from_url("mysql://u:p@h/db?ssl_mode=REQUIRED&charset=latin1", tmp_path)
    assert found["OPTIONS"]["ssl_mode"] == "REQUIRED"
    assert found["OPTIONS"]["charset"] == "utf8mb4"


@pytest.mark.parametrize("written", ["моя лавка/evo sync.sqlite3", "%D0%BC%D0%BE%D1%8F%20лавка/evo%20sync.sqlite3"])
def test_a_sqlite_path_may_hold_spaces_and_russian(written, tmp_path):
    found = databases.from_url(f"sqlite:///{tmp_path}/{written}", tmp_path)
    assert Path(found["NAME"]).name == "evo sync.sqlite3"
    assert Path(found["NAME"]).parent.is_dir()


@pytest.mark.parametrize("folder", ["var", "a b", "100%", "what?", "no#1", "a+b"])
def test_without_an_address_sqlite_lies_under_var_whatever_its_name(folder, tmp_path):
    found = databases.from_url("", tmp_path / folder)
    assert found["NAME"] == str(tmp_path / folder / "evosync.sqlite3")
    assert (tmp_path / folder).is_dir()


def test_another_database_is_refused_without_repeating_its_password(tmp_path):
    with pytest.raises(ImproperlyConfigured) as refused:
        databases.from_url("postgres://shop:hunter2@db/shop", tmp_path)
    assert "mariadb://" in str(refused.value) and "hunter2" not in str(refused.value)


def test_sqlite_is_opened_with_what_the_guarantees_need(tmp_path, django_db_blocker):
    connections.settings["pragmas"] = connections.configure_settings(
        {"default": {}, "pragmas": databases.from_url("", tmp_path)}
    )["pragmas"]
    try:
        connection = connections["pragmas"]
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            pragmas = {
                name: cursor.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
            }
        # synchronous: 2 is FULL.
        assert pragmas == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 20_000, "foreign_keys": 1}
        assert connection.transaction_mode == "IMMEDIATE"
        with django_db_blocker.unblock():
            connection.close()
    finally:
        del connections["pragmas"], connections.settings["pragmas"]


@pytest.mark.parametrize(("url", "imported"), [("", False), ("mysql://u:p@127.0.0.1:1/db", True)])
def test_mysqlclient_is_asked_for_only_by_a_mysql_address(url, imported, tmp_path):
    """A stand-in for the driver tells whether Django's backend reached for it."""
    (tmp_path / "MySQLdb.py").write_text("print('driver imported')\nraise ImportError('not here')\n")
    code = "import django; django.setup(); from django.db import connection; connection.vendor"
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "VAR_DIR": str(tmp_path),
        "TEST_DATABASE_URL": url,
    }
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True)
    assert ("driver imported" in done.stdout) is imported, done.stderr
