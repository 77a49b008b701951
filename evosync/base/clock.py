"""Time and waiting come from here alone, so that a test can own them."""

import time
from datetime import UTC, datetime

from django.db.models import Expression
from django.db.models.functions import Now


def now() -> datetime:
    return datetime.now(UTC)


def monotonic() -> float:
    return time.monotonic()


def sleep(seconds: float) -> None:
    if seconds > 0:
        time.sleep(seconds)


def db_now() -> Expression:
    """The database's clock, which every machine of an installation shares."""
    return Now()
