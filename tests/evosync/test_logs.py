"""Lines carry their run and no secret, whoever logs them and in either format."""

import io
import json
import logging
from dataclasses import dataclass

import pytest
import structlog

from evosync import logs
from evosync.base.redaction import clean, redact
from evosync.error_reports import SecretsOut

TOKEN = "vk1.a.Zx81-hunter2"
PLAIN = "0f3c-hunter2"


@pytest.fixture(params=[True, False], ids=["json", "console"])
def written(request):
    """The text that a standard logger and structlog's write, in both formats."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter(json=request.param))
    logger = logging.getLogger("tests.redaction")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.DEBUG)
    yield stream
    logger.handlers, logger.propagate = [], True


@dataclass
class Credentials:
    user: str
    access_token: str


SECRETS = {
    "by name": {"access_token": PLAIN},
    "nested": {"answer": {"response": [{"refresh_token": PLAIN, "id": 5}]}},
    "list of headers": {"headers": [("Authorization", f"Bearer {PLAIN}"), ("Accept", "*/*")]},
    "dict of headers": {"headers": {b"authorization": f"Bearer {PLAIN}".encode()}},
    "keys": {"keys": {"FIELD_ENCRYPTION_KEYS": [PLAIN, PLAIN]}},
    "dataclass": {"who": Credentials("tea@example.org", PLAIN)},
    "exception": {"error": ValueError(f"refused: token={PLAIN}")},
    "json in a text": {"body": json.dumps({"inner": json.dumps({"api_token": PLAIN})})},
    "query": {"url": f"https://api.example.org/method/x?v=5.199&access_token={PLAIN}&count=1"},
    "sign-in": {"request": f"GET /vk/callback?code={PLAIN}&state={PLAIN}"},
    "bare VK token": {"note": ["seen", TOKEN]},
    "number": {"api_key": 815_2611_2},
}


@pytest.mark.parametrize("fields", SECRETS.values(), ids=SECRETS)
def test_no_field_of_an_event_shows_a_secret(written, fields):
    structlog.get_logger("tests.redaction").warning("kept the till's answer", **fields, shop="Чайная лавка")
    line = written.getvalue()
    assert "hunter2" not in line and "81526112" not in line
    assert "***" in line and "Чайная лавка" in line and "kept the till's answer" in line


@pytest.mark.parametrize(
    ("message", "args"),
    [
        ("answered %s", ({"token": PLAIN},)),
        ("Authorization: Bearer %s", (PLAIN,)),
        ('headers {"Authorization": "Basic %s"}', (PLAIN,)),
        ("Cookie: sessionid=%s; theme=%s", (PLAIN, PLAIN)),
        ("password = %r", ("correct horse hunter2",)),
        ("bytes secret=%r", (PLAIN.encode(),)),
        ("connecting to mysql://shop:%s@db:3306/shop", (PLAIN,)),
        ("POST /vk/callback?code=%s&device_id=%s", (PLAIN, PLAIN)),
        ('token cut in half: "access_token": "%s', (PLAIN,)),
        ("api-key: %s", (PLAIN,)),
        ("client_secret=%s&grant_type=x", (PLAIN,)),
    ],
)
def test_no_message_of_a_standard_logger_shows_a_secret(written, message, args):
    logging.getLogger("tests.redaction").error(message, *args)
    assert "hunter2" not in written.getvalue() and "***" in written.getvalue()


def fail(access_token):
    password = f"{access_token}!"
    raise RuntimeError(f"VK refused access_token={password}")


@pytest.mark.parametrize("make", [logging.getLogger, structlog.get_logger], ids=["standard", "structlog"])
def test_a_traceback_keeps_its_story_and_no_secret(written, make):
    try:
        try:
            fail(access_token="0f3c-hunter2")
        except RuntimeError as error:
            raise ValueError(f"token: {PLAIN}") from error
    except ValueError:
        make("tests.redaction").exception("the call failed")
    text = written.getvalue()
    assert "hunter2" not in text
    assert "RuntimeError" in text and "ValueError" in text and "in fail" in text


def test_the_error_report_masks_locals_even_with_debug_on(rf, settings):
    settings.DEBUG = True
    try:
        fail(access_token=PLAIN)
    except RuntimeError as error:
        frame = error.__traceback__.tb_next.tb_frame
    found = dict(SecretsOut().get_traceback_frame_variables(rf.get("/"), frame))
    assert found == {"access_token": "***", "password": "***"}


def test_a_line_carries_the_run_it_is_written_in(written):
    with structlog.contextvars.bound_contextvars(run="run-17"):
        logging.getLogger("tests.redaction").info("from a library")
        structlog.get_logger("tests.redaction").info("from us")
    logging.getLogger("tests.redaction").info("afterwards")
    inside, ours, after = written.getvalue().splitlines()
    assert "run-17" in inside and "run-17" in ours and "run-17" not in after


def test_a_value_that_cannot_be_shown_does_not_break_the_line():
    class Broken:
        def __repr__(self):
            raise RuntimeError("no")

    loop = {}
    loop["loop"] = loop
    assert clean([Broken(), "и дальше"]) == ["<Broken>", "и дальше"]
    assert "loop" in clean(loop)


@pytest.mark.parametrize(
    "text", ["12 товаров, 3 скрыто", "lease of club5 until 12:30", "https://api.vk.ru/method/x?v=5"]
)
def test_ordinary_text_stays_as_it_is(text):
    assert redact(text) == text


def test_djangos_own_handlers_are_gone():
    loggers = logs.config("INFO", json=False)["loggers"]
    assert all(loggers[name]["handlers"] == [] and loggers[name]["propagate"] for name in ("django", "django.server"))
