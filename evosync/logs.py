"""Structured logs: every line carries the run it belongs to, none carries a secret.

A run binds itself with `structlog.contextvars.bound_contextvars(run=…)`, a request is bound by django-structlog: all
that is logged inside, by anybody, carries it.
"""

from datetime import date
from decimal import Decimal
from uuid import UUID

import structlog
from structlog.typing import EventDict, Processor

from evosync.base.redaction import masked, redact

# Written plainly, not as their repr.
PLAIN = (date, Decimal, UUID)


def hide_secrets(logger, method: str, event: EventDict) -> EventDict:
    """The last look at an event before it becomes text."""
    plain = {name: str(value) if isinstance(value, PLAIN) else value for name, value in event.items()}
    return {redact(name): masked(name, value) for name, value in plain.items()}


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def formatter(*, json: bool) -> structlog.stdlib.ProcessorFormatter:
    """One line format for structlog's events and for those of any standard logger."""
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        # Tracebacks are text by then: a renderer that prints local variables never sees one.
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            hide_secrets,
            renderer,
        ],
    )


def config(level: str, *, json: bool) -> dict:
    """Django's LOGGING."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    # Django gives these two handlers of their own, which know no redaction.
    through_root = {"handlers": [], "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": "evosync.logs.formatter", "json": json}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": through_root,
            # Its line for every request would stand beside django-structlog's.
            "django.server": through_root | {"level": "WARNING"},
            # Of the same settings in gunicorn's own process, which gives it a handler else.
            "gunicorn.error": through_root,
            # Its own wording of every request holds the query string.
            "urllib3": {"level": "WARNING"},
            "django.utils.autoreload": {"level": "WARNING"},
        },
    }
