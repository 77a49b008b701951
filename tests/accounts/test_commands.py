import io
import json
import logging
import signal

import pytest
from django.core.management import CommandError, call_command
from structlog.contextvars import get_contextvars

from accounts.commands import BUSY, FAILED, FINE, MerchantCommand, Outcome
from accounts.models import Status
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


class Greet(MerchantCommand):
    """Says hello, or does what a test has planned for an email."""

    def __init__(self, **planned):
        super().__init__()
        self.planned = planned
        self.seen = []

    def one(self, user, progress, **options):
        self.seen.append((user, dict(get_contextvars()), progress, options))
        what = self.planned.get(user.full_name, FINE)
        if isinstance(what, BaseException):
            raise what
        return Outcome({"greeted": "Привет"}, what, f"Привет, {user.full_name}!")


@pytest.fixture
def anna():
    return UserFactory(full_name="Анна", email="anna@example.com")


@pytest.fixture
def boris(anna):
    return UserFactory(full_name="Борис", email="boris@example.com")


def run(command, *args) -> int:
    try:
        call_command(command, *args)
    except SystemExit as end:
        return end.code
    return 0


def test_it_is_for_every_active_merchant_in_the_order_of_ids(boris, anna, capsys):
    UserFactory(status=Status.SUSPENDED)
    UserFactory(status=Status.PENDING)
    assert run(Greet()) == 0
    assert capsys.readouterr().out == "anna@example.com: Привет, Анна!\nboris@example.com: Привет, Борис!\n"


def test_it_is_for_one_merchant_whatever_the_case_of_the_email(boris, capsys):
    assert run(Greet(), "--user", "Boris@Example.COM") == 0
    assert capsys.readouterr().out == "boris@example.com: Привет, Борис!\n"


def test_an_unknown_email_is_said_so(boris):
    with pytest.raises(CommandError, match=r"no account with the email nobody@example\.com"):
        call_command(Greet(), "--user", "nobody@example.com")


def test_json_is_one_line_a_merchant_with_the_user_first(boris, capsys):
    assert run(Greet(), "--json") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == '{"user": "anna@example.com", "greeted": "Привет"}'
    assert [json.loads(line)["user"] for line in lines] == ["anna@example.com", "boris@example.com"]


@pytest.mark.parametrize(
    "first, second, code",
    [(FINE, FINE, 0), (BUSY, FINE, 3), (FINE, BUSY, 3), (FAILED, BUSY, 1), (BUSY, FAILED, 1), (FAILED, FINE, 1)],
)
def test_the_exit_code_is_the_worst(boris, first, second, code):
    assert run(Greet(Анна=first, Борис=second)) == code


def test_one_merchants_failure_does_not_stop_the_others(boris, capsys, caplog):
    with caplog.at_level(logging.ERROR):
        assert run(Greet(Анна=RuntimeError("пароль: abc")), "--json") == 1
    captured = capsys.readouterr()
    first, second = map(json.loads, captured.out.splitlines())
    assert (first["user"], first["error"], second["greeted"]) == ("anna@example.com", "RuntimeError", "Привет")
    # The words and the traceback are for the log alone.
    assert "пароль" not in captured.out and "Traceback" not in captured.out
    (record,) = caplog.records
    assert record.exc_info or "Traceback" in record.getMessage()
    assert first["reference"] in str(record.msg)


def test_a_failure_told_to_a_person_names_the_reference(boris, capsys):
    assert run(Greet(Анна=RuntimeError("пароль: abc"))) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("anna@example.com: Failed: RuntimeError. The log has the details under the reference ")
    assert second == "boris@example.com: Привет, Борис!"


def test_every_merchant_has_a_run_id_of_its_own_in_the_log(boris, anna):
    command = Greet()
    run(command)
    (_, first, *_rest), (_, second, *_rest) = command.seen
    assert (first["user"], second["user"]) == (anna.pk, boris.pk)
    assert first["run"] and first["run"] != second["run"]
    assert "run" not in get_contextvars()


def test_ctrl_c_ends_with_130_and_a_sentence(boris, capsys):
    command = Greet(Анна=KeyboardInterrupt())
    assert run(command) == 130
    captured = capsys.readouterr()
    assert captured.err.startswith("Stopped.") and not captured.out
    assert len(command.seen) == 1


def test_sigterm_ends_it_as_ctrl_c_does(boris, capsys):
    class Told(Greet):
        """Is asked to stop, and says what it did on the way out."""

        def one(self, user, progress, **options):
            try:
                signal.raise_signal(signal.SIGTERM)
                return super().one(user, progress, **options)
            finally:
                print("tidied up")

    before = signal.getsignal(signal.SIGTERM)
    command = Told()
    assert run(command) == 130 and command.seen == []
    captured = capsys.readouterr()
    assert captured.out == "tidied up\n" and captured.err.startswith("Stopped.")
    assert signal.getsignal(signal.SIGTERM) == before


def test_nobody_to_do_it_for_is_fine_and_said(capsys):
    assert run(Greet()) == 0
    captured = capsys.readouterr()
    assert captured.err == "There is nobody to do this for.\n" and captured.out == ""


def test_on_a_terminal_the_bars_are_gone_before_the_outcome_is_told(boris, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    class Busy(Greet):
        def one(self, user, progress, **options):
            progress.add_task(f"Магазин {user.full_name}", total=3)
            return super().one(user, progress, **options)

    screen = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    call_command(Busy(), stdout=screen, stderr=screen)
    drawn = screen.getvalue()
    first, second = drawn.index("Привет, Анна!"), drawn.index("Привет, Борис!")
    assert drawn.index("Магазин Анна") < first < drawn.index("Магазин Борис") < second
    assert "Магазин Анна" not in drawn[first:]


def test_bars_are_drawn_for_a_terminal_alone(anna, capsys):
    command = Greet()
    run(command)
    assert command.seen[0][2].disable
    assert capsys.readouterr().err == ""
