"""Time and waiting come from here alone, so that a test can own them."""

import time
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Expression
from django.db.models.functions import Now
from django.utils import timezone

# How far the database's clock is ahead of this machine's, as last measured.
_ahead = timedelta()


def now() -> datetime:
    return datetime.now(UTC) + _ahead


def keep_to_database() -> None:
    """Go by the database's clock from here on.

    What one machine has written is judged by its age on another: with a clock that is minutes ahead it would look
    old enough. Off by half the time of the question at most.
    """
    global _ahead
    if connection.vendor == "sqlite":
        # A file of this very machine.
        return
    asked = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT UTC_TIMESTAMP(6)")
        told = cursor.fetchone()[0].replace(tzinfo=UTC)
    _ahead = told - asked - (datetime.now(UTC) - asked) / 2


def monotonic() -> float:
    return time.monotonic()


def sleep(seconds: float) -> None:
    if seconds > 0:
        time.sleep(seconds)


def db_now() -> Expression:
    """The database's clock, which every machine of an installation shares."""
    return Now()


def local_text(moment: datetime) -> str:
    """A moment as its reader sees it: 06.03.2026 14:30."""
    return timezone.localtime(moment).strftime("%d.%m.%Y %H:%M")
