"""`jobs` and `read_config` as their operator meets them."""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from unittest import mock

import pytest
from django.utils import timezone
from django_q.models import OrmQ, Task
from redis.exceptions import RedisError

from accounts.staffing import PASSWORD_VARIABLE
from catalog.models import SyncConfig, SyncFilter
from evosync import jobs
from tests.factories import ListingFactory, SyncFilterFactory, SyncRunFactory
from tests.installation import Installation
from vkmarket.reasons import Lane

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db


def test_jobs_of_an_empty_installation(operate):
    told = operate("jobs")
    assert told.code == 0 and "nothing: no worker has been started yet" in told.out


def test_jobs_says_when_redis_is_gone(operate, monkeypatch):
    gone = mock.Mock(side_effect=RedisError("refused"))
    monkeypatch.setattr("evosync.job_report.depth", gone)
    told = operate("jobs")
    assert told.code == 1 and "The queue in Redis cannot be read: refused" in told.err


def test_jobs_tells_what_is_scheduled_waits_is_due_runs_and_is_stuck(trader, operate):
    now = timezone.now()
    jobs.make_schedules()
    user, due = trader(), trader()
    jobs.begin_cycles()
    SyncConfig.objects.filter(user=due).update(next_sync_at=now - timedelta(hours=1), queued_at=None)
    OrmQ.objects.filter(pk=OrmQ.objects.latest("pk").pk).update(lock=now + timedelta(seconds=90))
    OrmQ.objects.filter(pk=OrmQ.objects.earliest("pk").pk).update(lock=now - timedelta(seconds=300))
    Task.objects.create(id="a" * 32, name="j", func="f", started=now, stopped=now, success=False, cluster="long")
    SyncRunFactory(community=user.vk.community, status="running", started_at=now - timedelta(hours=1))
    ListingFactory(community=due.vk.community, lane=Lane.PRICE)
    values = operate("jobs", "--json").values
    assert [row["name"] for row in values["schedules"]] == ["dispatch", "watch", "prune"]
    long = values["queues"]["long"]
    assert (long["waiting"], long["at_work"], long["failed_24h"], long["done_24h"]) == (1, 1, 1, 0)
    assert 300 <= long["oldest_seconds"] < 330
    assert values["due"]["cycles"] == 1 and values["due"]["checks"] == {"evotor": 2, "vk": 2}
    assert [row["community"] for row in values["running"]] == [str(user.vk.community)]
    assert values["stuck"]["communities"] == [str(due.vk.community)] and len(values["stuck"]["runs"]) == 1
    told = operate("jobs").out
    assert "long: waiting 1 (since 3" in told and f"communities: {due.vk.community}" in told


def test_jobs_tells_whose_till_is_read(trader, operate):
    user, other = trader(), trader()
    SyncConfig.objects.filter(user=user).update(reading_until=timezone.now() + timedelta(minutes=1))
    SyncConfig.objects.filter(user=other).update(reading_until=timezone.now() - timedelta(minutes=1))
    assert [row["user"] for row in operate("jobs", "--json").values["reading"]] == [user.email]
    told = operate("jobs").out
    assert f"the till of {user.email} is read" in told and f"cycles: {other.email}" in told


@pytest.fixture
def chosen(trader):
    user = trader(email="anna@example.com")
    SyncConfig.objects.update(markup_percent=Decimal("12.50"), card_color="#0a0b0c", default_category_id=None)
    SyncFilterFactory(user=user, entity_id="shop $(touch /tmp/x) 'one'")
    SyncFilterFactory(
        user=user, entity_type=SyncFilter.Entity.GROUP, entity_id="g", parent_entity_id="s", mode="exclude"
    )
    return user


def test_a_shell_reads_the_settings_back_as_they_are(chosen, operate):
    told = operate("read_config", "--user", " Anna@example.com ").out
    script = told + 'printf "%s|" "$EMAIL" "$SYNC_ENABLED" "$MARKUP_PERCENT" "$DEFAULT_CATEGORY_ID" "$STORES_INCLUDED" '
    script += '"$GROUPS_EXCLUDED" "$CARD_COLOR"'
    said = subprocess.run(["sh", "-eu", "-c", script], capture_output=True, text=True, check=True).stdout
    assert said == "anna@example.com|1|12.50||shop $(touch /tmp/x) 'one'|s/g|#0a0b0c|"


def test_the_same_as_json_and_no_secret_in_either(chosen, operate):
    secrets = (chosen.evotor.access_token, chosen.vk.access_token)
    values = operate("read_config", "--user", chosen.email, "--json", secrets=secrets).values
    assert values["sync_enabled"] is True and values["markup_percent"] == "12.50"
    assert values["groups_excluded"] == ["s/g"] and values["default_category_id"] is None
    operate("read_config", "--user", chosen.email, secrets=secrets)


def test_nobody_of_this_email(operate):
    told = operate("read_config", "--user", "nobody@example.com")
    assert told.code == 1 and "no account with the email nobody@example.com" in told.err


def test_an_account_without_anything_has_its_defaults(trader, operate):
    user = trader()
    SyncConfig.objects.all().delete()
    user.evotor.delete()
    assert operate("read_config", "--user", user.email, "--json").values["evotor_online"] is False
    assert not SyncConfig.objects.exists()


def test_the_script_is_the_same_door_from_any_folder(tmp_path, migrated):
    class Nowhere:
        evotor_url = vk_url = "http://127.0.0.1:1"

    with migrated(tmp_path) as database:
        place = Installation(tmp_path / "var", database, Nowhere())
        place.env[PASSWORD_VARIABLE] = "Chai-Kofe-2026"
        place.manage("add_staff", "anna@example.com")
        # By itself: Debian's Python has no name but this one.
        python = tmp_path / "bin" / "python3"
        python.parent.mkdir()
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
        place.env["PATH"] = str(python.parent)
        command = [str(ROOT / "run" / "read_config.py"), "--user", "anna@example.com", "--json"]
        done = subprocess.run(command, cwd=tmp_path, env=place.env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["email"] == "anna@example.com"


def test_a_reader_that_has_read_enough_is_no_trouble(tmp_path, migrated):
    """`manage.py read_config ... | head -1`."""

    class Nowhere:
        evotor_url = vk_url = "http://127.0.0.1:1"

    with migrated(tmp_path) as database:
        place = Installation(tmp_path / "var", database, Nowhere())
        reading, writing = os.pipe()
        os.close(reading)
        command = [sys.executable, "manage.py", "jobs"]
        done = subprocess.run(command, cwd=ROOT, env=place.env, stdout=writing, stderr=subprocess.PIPE, text=True)
        os.close(writing)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")
