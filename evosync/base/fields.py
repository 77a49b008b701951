"""Columns of our own: secrets, encrypted at rest and found again by a keyed hash; and JSON in plain letters."""

import hashlib
import hmac
import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


class PlainJSON(json.JSONEncoder):
    """JSON with Russian letters as they are: a third of the bytes, and readable in the database."""

    def __init__(self, **options):
        super().__init__(**options | {"ensure_ascii": False})


def _fernet() -> MultiFernet:
    if not settings.FIELD_ENCRYPTION_KEYS:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS is empty")
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])


def encrypt(text: str) -> str:
    return _fernet().encrypt(text.encode()).decode()


def decrypt(kept: str) -> str:
    """InvalidToken where no key in force made it."""
    return _fernet().decrypt(kept.encode()).decode()


def keyed_hash(secret: str, *, key: str | None = None) -> str:
    """What a secret is looked up by: 64 hex digits that tell nothing about it."""
    key = key or settings.FIELD_ENCRYPTION_KEYS[0]
    return hmac.new(key.encode(), secret.encode(), hashlib.sha256).hexdigest()


def keyed_hashes(secret: str) -> list[str]:
    """The hash under every key in force, for look-ups while keys are being changed."""
    return [keyed_hash(secret, key=key) for key in settings.FIELD_ENCRYPTION_KEYS]


class EncryptedTextField(models.TextField):
    """Text that only this installation can read back (`FIELD_ENCRYPTION_KEYS`, newest first)."""

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return value if value in (None, "") else encrypt(value)

    def from_db_value(self, value, expression, connection):
        if value in (None, ""):
            return value
        try:
            return decrypt(value)
        except InvalidToken:
            raise ImproperlyConfigured(
                "A stored secret was encrypted with a key that is not in FIELD_ENCRYPTION_KEYS: put the old key back."
            ) from None
