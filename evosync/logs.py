"""Structured logs: every line carries the run it belongs to, none carries a secret."""

import re

import structlog

SECRET_NAMES = re.compile(r"token|secret|password|api_key|authorization|cookie", re.IGNORECASE)
# What a secret looks like inside a text: `access_token=…`, `Bearer …`, `"token": "…"`.
SECRET_TEXT = re.compile(
    r"""((?:access_|refresh_|api_|id_)?token["']?\s*[=:]\s*["']?|bearer\s+|api[-_]key["']?\s*[=:]\s*["']?)[^\s"'&,}]+""",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    return SECRET_TEXT.sub(r"\1***", text)


def hide_secrets(logger, method, event: dict) -> dict:
    for name, value in event.items():
        if SECRET_NAMES.search(name) and isinstance(value, str):
            event[name] = "***"
        elif isinstance(value, str):
            event[name] = redact(value)
    return event


def config(level: str, *, json: bool) -> dict:
    """Django's LOGGING. Standard loggers and structlog's end in the same line format."""
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # The traceback is made text before the redaction reads it.
    last = [structlog.processors.format_exc_info, hide_secrets]
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if json else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last, renderer],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Its own wording of every request holds the query string.
            "urllib3": {"level": "WARNING"},
            "django.utils.autoreload": {"level": "WARNING"},
        },
    }
