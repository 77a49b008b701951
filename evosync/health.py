"""Does this installation live? One look at the database, the workers and the queue."""

from typing import Any

import structlog
from django.db import DatabaseError
from redis.exceptions import RedisError

from evosync import VERSION
from evosync.base import clock
from evosync.base.jobs import LONG, NOW

from . import beats, job_report

log = structlog.get_logger(__name__)


def report() -> dict:
    """What `/health` answers. Nothing in it is a secret or anybody's data."""
    told: dict[str, Any] = {
        "status": "ok",
        "version": VERSION,
        "database": "ok",
        "worker_seen_seconds": None,
        "queue_oldest_seconds": None,
    }
    try:
        seen = beats.seconds()
        told["worker_seen_seconds"] = None if seen is None else round(seen)
        told["queue_oldest_seconds"] = queue_oldest()
    except DatabaseError as error:
        log.error("the database does not answer", error=str(error))
        return told | {"status": "failing", "database": "down"}
    except RedisError as error:
        # Who cannot read the queue can put nothing into it either.
        log.error("the queue does not answer", error=str(error))
        return told | {"status": "failing"}
    return told if seen is not None and seen < beats.GONE_SECONDS else told | {"status": "failing"}


def queue_oldest() -> int:
    """For how long the job waits that waits longest; 0 where none does."""
    now = clock.now()
    return max(job_report.oldest_seconds(name, now) or 0 for name in (NOW, LONG))
