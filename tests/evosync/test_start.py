"""What stops the start, and what the settings make of the environment: in processes of their own."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from evosync import secret_keys

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"SECRET_KEY": "k" * 60, "FIELD_ENCRYPTION_KEYS": "dGVzdC1rZXktb2YtZXZvc3luYy0zMi1ieXRlcy1sbmc="}


def run(command, tmp_path, **environment):
    clean = {"PATH": os.environ["PATH"], "READ_DOTENV": "0", "VAR_DIR": str(tmp_path), **environment}
    return subprocess.run(command, env=clean, cwd=ROOT, capture_output=True, text=True, timeout=60)


def manage(tmp_path, *args, **environment):
    return run([sys.executable, "manage.py", *args], tmp_path, **environment)


def settings_of(tmp_path, *names, **environment):
    code = f"import json; from evosync import settings as s; print(json.dumps([getattr(s, n) for n in {names}]))"
    done = run([sys.executable, "-c", code], tmp_path, **KEYS | environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def printed_command(text):
    (line,) = [line for line in text.splitlines() if line.startswith("    ")]
    return shlex.split(line)


@pytest.mark.parametrize(
    "setting",
    [{"REDIS_URL": "http://redis"}, {"CATALOG_REFRESH_INTERVAL_SECONDS": "0"}, {"HEALTH_CHECK_INTERVAL_SECONDS": "0"}],
    ids=lambda setting: next(iter(setting)),
)
def test_a_setting_that_cannot_be_meant_stops_the_start_by_its_name(setting, tmp_path):
    refused = manage(tmp_path, "check", **KEYS, **setting)
    assert refused.returncode == 1 and next(iter(setting)) in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("name", KEYS)
def test_a_missing_key_stops_the_start_and_the_printed_command_mends_it(name, tmp_path):
    refused = manage(tmp_path, "check", **KEYS | {name: ""})
    assert refused.returncode == 1
    assert f"{name} is empty or publicly known" in refused.stderr
    assert "Traceback" not in refused.stderr and refused.stdout == ""

    made = run(printed_command(refused.stderr), tmp_path).stdout.strip()
    assert len(made) >= 44
    assert manage(tmp_path, "check", **KEYS | {name: made}).returncode == 0


@pytest.mark.parametrize("key", ["", "changeme", "ChangeMe", "django-insecure-abc", secret_keys.DEBUG_SECRET_KEY])
def test_an_empty_or_known_secret_key_is_refused(key):
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        secret_keys.require(key, [KEYS["FIELD_ENCRYPTION_KEYS"]], debug=False)


@pytest.mark.parametrize(
    "keys", [[], [secret_keys.DEBUG_FIELD_KEY], ["not-a-key"], [KEYS["FIELD_ENCRYPTION_KEYS"], "x"]]
)
def test_an_empty_known_or_malformed_key_of_stored_secrets_is_refused(keys):
    with pytest.raises(ImproperlyConfigured, match="FIELD_ENCRYPTION_KEYS"):
        secret_keys.require(KEYS["SECRET_KEY"], keys, debug=False)


def test_one_key_for_both_is_refused():
    key = KEYS["FIELD_ENCRYPTION_KEYS"]
    with pytest.raises(ImproperlyConfigured, match="repeats SECRET_KEY"):
        secret_keys.require(key, [key], debug=False)


def test_debug_needs_no_keys(tmp_path):
    done = run([sys.executable, "-c", "import evosync.settings as s; print(s.SECRET_KEY)"], tmp_path, DEBUG="1")
    assert done.stdout.strip() == secret_keys.DEBUG_SECRET_KEY


def test_a_database_that_is_not_there_is_told_in_a_sentence(tmp_path):
    pytest.importorskip("MySQLdb", reason="the driver of MariaDB is not installed")
    address = f"mysql://root@localhost/none?unix_socket={tmp_path}/none"
    done = manage(tmp_path, "jobs", **KEYS, DATABASE_URL=address)
    assert done.returncode == 1
    assert done.stderr.startswith("EvoSync cannot use the database of DATABASE_URL: (2002")
    assert "Traceback" not in done.stderr


def test_a_server_stops_as_well(tmp_path):
    done = run([sys.executable, "-c", "import evosync.wsgi"], tmp_path)
    assert done.returncode != 0 and "SECRET_KEY is empty" in done.stderr


def test_kept_keys_are_made_once_for_their_owner_alone_and_accepted(tmp_path):
    kept = secret_keys.keep(tmp_path / "demo")
    assert secret_keys.keep(tmp_path / "demo") == kept
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "demo").iterdir()} == {0o600}
    secret_keys.require(kept["SECRET_KEY"], [kept["FIELD_ENCRYPTION_KEYS"]], debug=False)
    # A key that begins with $ would be read as the name of another variable.
    assert all("$" not in key for key in kept.values())


def test_an_https_address_brings_secure_cookies_and_its_own_host(tmp_path):
    names = ("ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "DEBUG")
    assert settings_of(tmp_path, *names, BASE_URL="https://sync.example.org:8443/") == [
        ["sync.example.org"],
        ["https://sync.example.org:8443"],
        True,
        True,
        False,
    ]


def test_a_local_address_answers_to_every_name_of_this_machine(tmp_path):
    hosts, origins, secure = settings_of(
        tmp_path, "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "SESSION_COOKIE_SECURE", BASE_URL="http://localhost:8017"
    )
    assert {"localhost", "127.0.0.1", "[::1]"} <= set(hosts)
    assert origins == ["http://localhost:8017"]
    assert secure is False


def test_an_address_that_is_none_is_refused_in_a_sentence(tmp_path):
    done = manage(tmp_path, "check", **KEYS, BASE_URL="sync.example.org")
    assert done.returncode == 1
    assert "BASE_URL must be" in done.stderr and "Traceback" not in done.stderr


def test_the_forwarded_scheme_counts_only_behind_a_named_proxy(tmp_path):
    assert settings_of(tmp_path, "SECURE_PROXY_SSL_HEADER") == [None]
    (header,) = settings_of(tmp_path, "SECURE_PROXY_SSL_HEADER", TRUSTED_PROXIES="10.0.0.1")
    assert header == ["HTTP_X_FORWARDED_PROTO", "https"]


HTTPS = ("SECURE_SSL_REDIRECT", "SECURE_SSL_HOST", "SECURE_HSTS_SECONDS")


def test_https_follows_from_the_address_and_the_proxy_alone(tmp_path):
    address = {"BASE_URL": "https://sync.example.org:8443"}
    year = 365 * 24 * 3600
    assert settings_of(tmp_path, *HTTPS, **address, TRUSTED_PROXIES="10.0.0.1") == [True, "sync.example.org:8443", year]
    # Nobody tells how a request came: a redirect would turn in a circle.
    assert settings_of(tmp_path, *HTTPS, **address)[0] is False
    assert settings_of(tmp_path, *HTTPS, TRUSTED_PROXIES="10.0.0.1")[::2] == [False, 0]


def test_with_redis_attempts_are_counted_there(tmp_path):
    (caches,) = settings_of(tmp_path, "CACHES", REDIS_URL="redis://redis:6379/0")
    assert caches["default"]["BACKEND"].endswith("RedisCache")
    assert caches["default"]["LOCATION"] == "redis://redis:6379/0"


def test_keys_that_are_empty_are_read_from_their_folder_and_those_given_go_before(tmp_path):
    kept = secret_keys.keep(tmp_path / "keys")
    names, folder = ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS"), {"KEYS_DIR": str(tmp_path / "keys")}
    read = settings_of(tmp_path, *names, **folder | {name: "" for name in names})
    assert read == [kept["SECRET_KEY"], [kept["FIELD_ENCRYPTION_KEYS"]]]
    assert settings_of(tmp_path, *names, **folder) == [KEYS["SECRET_KEY"], [KEYS["FIELD_ENCRYPTION_KEYS"]]]


def test_an_empty_folder_of_keys_stops_the_start(tmp_path):
    refused = manage(tmp_path, "check", KEYS_DIR=str(tmp_path))
    assert refused.returncode == 1 and "SECRET_KEY is empty" in refused.stderr
