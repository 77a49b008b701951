"""`backup` and `restore`: all of it comes back, on either database, and what cannot come back is refused in time."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from threading import Thread
from zipfile import ZipFile

import pytest
from cryptography.fernet import Fernet
from django.db import connection

from accounts.models import User
from evosync import VERSION, backing_up, beats
from evosync.base.jobs import NOW
from tests import factories

ROOT = Path(__file__).resolve().parents[2]
KEY, OTHER_KEY = "dGVzdC1rZXktb2YtZXZvc3luYy0zMi1ieXRlcy1sbmc=", "b3RoZXIta2V5LW9mLWV2b3N5bmMtMzItYnl0ZXMtbG4="
FILL = """
from decimal import Decimal
from django.contrib.sessions.models import Session
from django.utils import timezone
from tests import factories as f
from vkmarket.reasons import Reason
user = f.UserFactory(email="anna@example.com", full_name="Анна «Ёлка» 🍵")
f.EvotorConnectionFactory(user=user, access_token="hunter2-evotor", api_token="hunter2-ours", last_checked_at=f.MOMENT)
vk = f.VkConnectionFactory(user=user, access_token="hunter2-vk")
store = f.CachedStoreFactory(connection=user.evotor)
for number in range(1203):
    f.CachedProductFactory(store=store, price=Decimal("1203.45"), quantity=None if number % 2 else Decimal("-0.125"))
listing = f.ListingFactory(
    community=vk.community, hold=Reason.NO_PHOTO, wanted={"title": "Ёлка\\n'\\"\\\\", "n": [1, None, True]}
)
f.ListingSourceFactory(listing=listing, product=store.products.first())
f.AttemptFactory(listing=listing)
f.SyncConfigFactory(user=user)
Session.objects.create(session_key="0f3c", session_data="", expire_date=timezone.now())
"""
READ = """
from connections.models import EvotorConnection
from django_q.models import Schedule
from accounts.models import User
from django.contrib.auth.models import Group
row = EvotorConnection.objects.get()
print(row.access_token, row.user.check_password("Чай-и-кофе-2026"), Group.objects.count() > 0)
"""


class Place:
    """An installation of its own: a folder and a database."""

    def __init__(self, folder: Path, database: str, key: str = KEY):
        folder.mkdir(exist_ok=True)
        self.media = folder / "media"
        self.env = {
            "PATH": os.environ["PATH"], "READ_DOTENV": "0", "SECRET_KEY": "k" * 60, "FIELD_ENCRYPTION_KEYS": key,
            "VAR_DIR": str(folder), "DATABASE_URL": database, "LOG_LEVEL": "ERROR",
        }  # fmt: skip

    def try_to(self, *words, stdin=None) -> subprocess.CompletedProcess:
        command = [sys.executable, "manage.py", *map(str, words)]
        return subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, input=stdin, timeout=300)

    def manage(self, *words, stdin=None) -> bytes:
        done = self.try_to(*words, stdin=stdin)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def shell(self, code: str) -> str:
        return self.manage("shell", "-v", "0", "-c", code).decode()


def contents(archive: Path) -> dict[str, bytes]:
    with ZipFile(archive) as opened:
        names = [name for name in opened.namelist() if name != backing_up.MANIFEST]
        return {name: opened.read(name) for name in names}


@pytest.mark.both_databases
# A dozen programs of some seconds each; on a busy machine it takes minutes.
@pytest.mark.timeout(900)
def test_everything_comes_back_on_either_database(tmp_path, own_database):
    """There and back, by way of SQLite, from the tables of an earlier day."""
    old = Place(tmp_path / "old", own_database)
    old.manage("migrate", "-v", "0")
    old.shell(FILL)
    old.manage("migrate", "evosync", "zero", "-v", "0")
    (old.media / "cards").mkdir(parents=True)
    (old.media / "cards" / "чай.jpg").write_bytes(b"picture")
    first, second, third = (tmp_path / f"{number}.zip" for number in range(3))
    old.manage("backup", first)
    assert first.stat().st_mode & 0o777 == 0o600
    kept = contents(first)
    assert kept["media/cards/чай.jpg"] == b"picture"
    assert kept["rows/catalog.cachedproduct.jsonl"].count(b"\n") == 1203
    assert not any("session" in name or "django_q" in name for name in kept)
    everything = b"".join(kept.values())
    assert b"hunter2" not in everything and KEY.encode() not in everything

    between = Place(tmp_path / "between", f"sqlite:///{tmp_path}/between.sqlite3")
    between.manage("restore", first, "--yes")
    assert between.shell(READ) == "hunter2-evotor True True\n"
    assert (between.media / "cards" / "чай.jpg").read_bytes() == b"picture"
    second.write_bytes(between.manage("backup", "-"))

    # What is there meanwhile goes.
    old.manage("migrate", "-v", "0")
    old.shell(
        "from tests import factories as f; f.CommunityFactory(group_id=77); f.UserFactory(email='boris@example.com')"
    )
    old.manage("restore", "-", "--yes", stdin=second.read_bytes())
    assert old.shell(READ) == "hunter2-evotor True True\n"
    old.manage("backup", third)
    again, through = contents(third), contents(second)
    assert again == through
    # A later day's migrations may bring permissions; nothing else is new.
    later = {"rows/auth.permission.jsonl", "rows/contenttypes.contenttype.jsonl", "rows/auth.group_permissions.jsonl"}
    assert {name: rows for name, rows in again.items() if name not in later} == {
        name: rows for name, rows in kept.items() if name not in later
    }

    # The keys are lost: what they alone could read is left out.
    keyless = Place(tmp_path / "keyless", f"sqlite:///{tmp_path}/keyless.sqlite3", key=OTHER_KEY)
    keyless.manage("restore", third, "--yes", "--lost-keys")
    assert keyless.shell(READ) == " True True\n"


@pytest.fixture
def archive(tmp_path):
    """An archive whose manifest says what a test wants it to."""

    def make(**says) -> Path:
        manifest = {"format": 1, "version": VERSION, "migrations": [], "rows": {}, "pictures": 0, "made_at": "2026"}
        manifest["key_check"] = backing_up.encrypt(backing_up.KEY_CHECK)
        path = tmp_path / "made.zip"
        with ZipFile(path, "w") as made:
            for name in says.pop("names", ()):
                made.writestr(name, b"")
            made.writestr(backing_up.MANIFEST, json.dumps(manifest | says))
        return path

    return make


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("says", "why"),
    [
        ({"version": "99.0.0"}, "update first"),
        ({"format": 2}, "update first"),
        ({"migrations": [["catalog", "9999_of_next_year"]]}, "9999_of_next_year"),
        ({"names": ["media/../../etc/passwd"]}, "outside of its folder"),
        ({"names": ["/etc/passwd"]}, "outside of its folder"),
    ],
)
def test_what_cannot_be_restored_is_refused_before_anything_is_touched(operate, archive, says, why):
    factories.UserFactory(email="anna@example.com")
    told = operate("restore", archive(**says), "--yes")
    assert told.code == 1 and why in told.err
    assert User.objects.filter(email="anna@example.com").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x05\x06" + b"\0" * 18])
def test_another_file_is_refused(operate, tmp_path, content):
    (tmp_path / "x.zip").write_bytes(content)
    assert "no archive of `backup`" in operate("restore", tmp_path / "x.zip", "--yes").err


@pytest.mark.django_db
def test_an_archive_that_was_cut_or_changed_is_refused(tmp_path, archive, operate):
    whole = archive(names=["rows/x.jsonl"]).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[:-40])
    assert "cut off" in operate("restore", tmp_path / "cut.zip", "--yes").err
    (tmp_path / "changed.zip").write_bytes(whole.replace(b'"pictures": 0', b'"pictures": 1'))
    assert "damaged" in operate("restore", tmp_path / "changed.zip", "--yes").err


@pytest.mark.django_db
def test_tokens_that_no_key_here_can_read_are_a_reason_to_stop(operate, archive):
    told = operate("restore", archive(key_check=Fernet(OTHER_KEY).encrypt(b"EvoSync").decode()), "--yes")
    assert told.code == 1 and "cannot read the tokens" in told.err and "--lost-keys" in told.err


@pytest.mark.django_db
def test_beside_workers_nothing_is_restored(operate, archive):
    beats.beat(NOW)
    told = operate("restore", archive(), "--yes")
    assert told.code == 1 and "Stop the site and the workers first" in told.err


@pytest.mark.django_db
def test_nothing_is_replaced_unasked(operate, archive):
    told = operate("restore", archive())
    assert told.code == 1 and "say --yes" in told.err


def test_an_archive_is_never_written_over(operate, archive):
    told = operate("backup", archive())
    assert told.code == 1 and "is there already" in told.err


def test_a_folder_that_is_not_there_is_named(operate, tmp_path):
    path = tmp_path / "nowhere" / "shop.zip"
    told = operate("backup", path)
    assert told.code == 1 and f"{path}: No such file or directory." in told.err and "Traceback" not in told.err


@pytest.mark.mariadb
def test_tables_are_read_as_of_one_moment(transactional_db):
    """A row that another writes between two tables is not in the archive."""

    def meanwhile():
        factories.UserFactory()
        connection.close()

    factories.UserFactory()
    with backing_up.one_moment():
        before = User.objects.count()
        other = Thread(target=meanwhile)
        other.start()
        other.join()
        assert User.objects.count() == before == 1
    assert User.objects.count() == 2


@pytest.mark.django_db
def test_no_type_of_a_column_is_left_without_a_word():
    """Every value of every model passes through JSON."""
    with pytest.raises(TypeError, match="no place in an archive"):
        backing_up._plain(object())
    assert backing_up._plain(b"\0\xff") == "AP8="


@pytest.mark.both_databases
@pytest.mark.skipif(connection.vendor != "sqlite", reason="of a file of its own")
def test_a_backup_of_a_busy_sqlite_waits_for_nobody(tmp_path):
    place = Place(tmp_path / "busy", f"sqlite:///{tmp_path}/busy.sqlite3")
    place.manage("migrate", "-v", "0")
    writer = sqlite3.connect(tmp_path / "busy.sqlite3", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM users")
    place.manage("backup", tmp_path / "busy.zip")
    writer.execute("ROLLBACK")
    writer.close()
    assert b"accounts" in contents(tmp_path / "busy.zip")["rows/contenttypes.contenttype.jsonl"]
