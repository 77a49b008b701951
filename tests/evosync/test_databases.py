"""`DATABASE_URL` in all its spellings, and what is in force on the open connection."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DataError, connection, connections, transaction
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, Value

from connections.models import Community, Pace
from evosync import databases
from evosync.base import clock
from vkmarket.models import Lease, SyncRun, VkCategory

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
        opened = connections["pragmas"]
        with django_db_blocker.unblock(), opened.cursor() as cursor:
            pragmas = {
                name: cursor.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
            }
        # synchronous: 2 is FULL.
        assert pragmas == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 20_000, "foreign_keys": 1}
        assert opened.transaction_mode == "IMMEDIATE"
        with django_db_blocker.unblock():
            opened.close()
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


def test_no_constraint_or_index_of_ours_has_a_condition():
    """MariaDB would leave it out, in silence: Django's warning is shut off for those of packages."""
    ours = [model for model in apps.get_models() if (ROOT / model._meta.app_label).is_dir()]
    assert {model._meta.app_label for model in ours} >= {"accounts", "connections", "catalog", "vkmarket"}
    kept = [rule for model in ours for rule in (*model._meta.constraints, *model._meta.indexes)]
    assert kept and [rule.name for rule in kept if getattr(rule, "condition", None)] == []


@pytest.fixture
def community(db):
    return Community.objects.create(group_id=1, name="Лавка")


def test_the_databases_clock_is_ours_whatever_zone_its_server_stands_in(community):
    lasting = Value(timedelta(seconds=120), output_field=DurationField())
    rows = Lease.objects.filter(pk=Lease.objects.create(community=community).pk)
    rows.update(expires_at=ExpressionWrapper(clock.db_now() + lasting, output_field=DateTimeField()))
    left = rows.get().expires_at - clock.now()
    assert timedelta(seconds=90) < left <= timedelta(seconds=121)
    assert not rows.filter(expires_at__lt=clock.db_now()).exists()
    # A moment that we give and one that the database makes are of the same clock.
    assert rows.filter(expires_at__lt=clock.now() + timedelta(seconds=150)).exists()


def test_moments_keep_their_microseconds(community):
    at = datetime(2026, 3, 29, 0, 59, 59, 123_457, tzinfo=UTC)
    Lease.objects.create(community=community, expires_at=at)
    assert Lease.objects.get(expires_at=at).expires_at == at


def test_a_conditional_write_of_what_stands_already_counts_as_done(community):
    """A lease renewed twice within a microsecond was renewed twice."""
    rows = Community.objects.filter(pk=community.pk, name="Лавка")
    assert [rows.update(name="Лавка"), rows.update(name="Лавка")] == [1, 1]
    assert Community.objects.filter(pk=community.pk, name="Чужая").update(name="Лавка") == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [("Мёд", "Мед"), ("Чай", "чай"), ("Кафе", "Кафе\u0301"), ("🍵", "🍎"), ("ß", "ss"), ("й", "и")],
    ids=["yo", "case", "accent", "emoji", "sharp s", "short i"],
)
def test_texts_that_differ_are_told_apart(community, one, other):
    VkCategory.objects.bulk_create(
        VkCategory(category_id=number, name=name, path=name, fetched_at=clock.now())
        for number, name in enumerate((one, other))
    )
    assert VkCategory.objects.filter(name=one).count() == 1
    assert VkCategory.objects.values("name").distinct().count() == 2
    assert VkCategory.objects.get(name=other).name == other
    # And in a unique column.
    Pace.objects.bulk_create([Pace(key=one), Pace(key=other)])


def test_json_comes_back_as_it_went(community):
    told = {"я": ["🍵", None, True, 1, 10**17, "\\", '"', "\n"], "а": {"пусто": [], "": {}}}
    run = SyncRun.objects.create(community=community, counts=told, lines=[])
    run.refresh_from_db()
    assert run.counts == told
    assert list(run.counts) == list(told)
    assert SyncRun.objects.filter(lines=[]).exists() and not SyncRun.objects.filter(counts={}).exists()


def test_keys_of_many_rows_are_known_after_one_insert(community):
    """What refers to them is written next, in the same transaction."""
    rows = Pace.objects.bulk_create(Pace(key=str(number)) for number in range(3))
    assert {row.pk: row.key for row in rows} == dict(Pace.objects.values_list("pk", "key"))


@pytest.mark.mariadb
def test_mariadb_is_opened_with_what_the_guarantees_need(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@session.time_zone, @@session.sql_mode, @@session.tx_isolation, @@collation_database")
        assert cursor.fetchone() == ("+00:00", "STRICT_TRANS_TABLES", "READ-COMMITTED", "utf8mb4_bin")
        cursor.execute("SELECT DISTINCT engine FROM information_schema.tables WHERE table_schema = DATABASE()")
        assert cursor.fetchall() == (("InnoDB",),)


@pytest.mark.mariadb
def test_every_text_column_tells_letters_apart(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, collation_name FROM information_schema.columns"
            " WHERE table_schema = DATABASE() AND collation_name <> 'utf8mb4_bin'"
        )
        assert cursor.fetchall() == ()


@pytest.mark.mariadb
def test_a_text_too_long_is_refused_and_not_cut(community):
    with pytest.raises(DataError):
        Community.objects.filter(pk=community.pk).update(name="я" * 201)


@pytest.mark.mariadb
def test_a_transaction_sees_what_others_have_committed_meanwhile(transactional_db):
    """A worker that waited for a lock must not decide by what was true before it waited."""
    Pace.objects.create(key="vk:1", slot=1)

    def write():
        Pace.objects.update(slot=2)
        connection.close()

    with transaction.atomic():
        assert Pace.objects.get().slot == 1
        other = Thread(target=write)
        other.start()
        other.join(timeout=30)
        assert Pace.objects.get().slot == 2


def test_no_command_begins_with_a_warning_about_the_database(db, capsys):
    call_command("check", databases=["default"])
    assert "no issues" in capsys.readouterr().out
