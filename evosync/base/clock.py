"""Time and waiting come from here alone, so that a test can own them."""

import time
from datetime import UTC, datetime

from django.db.models import Expression
from django.db.models.functions import Now
from django.utils import timezone


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


def local_text(moment: datetime) -> str:
    """A moment as its reader sees it: 06.03.2026 14:30."""
    return timezone.localtime(moment).strftime("%d.%m.%Y %H:%M")
