"""Secrets at rest: what lies in the column, which keys open it, how it is found again."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.db import connection as database

from accounts.models import User
from connections.models import EvotorConnection
from evosync.base.fields import keyed_hash

pytestmark = pytest.mark.django_db
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def saved(settings):
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    user = User.objects.create_user("lavka@example.org")
    return EvotorConnection.objects.create(user=user, access_token="токен-чая", api_token="наш-токен")


def stored(saved, column="access_token"):
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM evotor_connections WHERE id = %s", [saved.pk])
        return cursor.fetchone()[0]


def test_the_column_holds_ciphertext_and_the_model_the_text(saved):
    assert "токен" not in stored(saved)
    assert Fernet(OLD).decrypt(stored(saved).encode()).decode() == "токен-чая"
    assert EvotorConnection.objects.get().access_token == "токен-чая"


def test_an_empty_secret_stays_empty_so_that_a_query_can_tell(saved):
    saved.access_token = ""
    saved.save()
    assert stored(saved) == ""
    assert EvotorConnection.objects.filter(access_token="").exists()


def test_the_newest_key_writes_and_every_kept_key_reads(saved, settings):
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    found = EvotorConnection.objects.get()
    assert found.access_token == "токен-чая"
    found.save()
    assert Fernet(NEW).decrypt(stored(saved).encode()).decode() == "токен-чая"

    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert EvotorConnection.objects.get().access_token == "токен-чая"


def test_a_lost_key_is_named_and_the_stored_text_is_not(saved, settings):
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(ImproperlyConfigured, match="put the old key back") as lost:
        EvotorConnection.objects.get()
    assert stored(saved) not in str(lost.value)


def test_a_token_is_found_by_its_keyed_hash_before_and_after_a_change_of_keys(saved, settings):
    assert EvotorConnection.objects.by_api_token("наш-токен").get() == saved
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert EvotorConnection.objects.by_api_token("наш-токен").get() == saved
    assert not EvotorConnection.objects.by_api_token("чужой").exists()

    saved.save()
    assert stored(saved, "api_token_hash") == keyed_hash("наш-токен", key=NEW)
    assert EvotorConnection.objects.by_api_token("наш-токен").get() == saved


def test_the_hash_says_nothing_without_the_key():
    assert keyed_hash("наш-токен", key=OLD) != keyed_hash("наш-токен", key=NEW)
    assert len(keyed_hash("наш-токен", key=OLD)) == 64


def test_a_connection_without_a_token_of_ours_does_not_block_the_next(saved):
    for email in ("a@example.org", "b@example.org"):
        EvotorConnection.objects.create(user=User.objects.create_user(email))
    assert EvotorConnection.objects.filter(api_token_hash=None).count() == 2
