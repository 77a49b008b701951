"""What the operator's commands share: for one merchant or all, progress, JSON lines, exit codes."""

import json
import signal
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.functional import Promise
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from structlog.contextvars import bound_contextvars

from .models import User

log = structlog.get_logger(__name__)

FINE, FAILED, BUSY, STOPPED = 0, 1, 3, 130


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command came to for one merchant: `values` for scripts, `text` for people."""

    values: dict = field(default_factory=dict)
    code: int = FINE
    text: str | Promise = ""


class MerchantCommand(BaseCommand):
    """A command for `--user EMAIL` or every active merchant. One merchant's failure never stops the others.

    Exit code: 0 all well, 1 something failed, 3 another worker is at it, 130 stopped by Ctrl-C or SIGTERM.
    """

    def add_arguments(self, parser):
        parser.add_argument("--user", metavar="EMAIL", help="only this account (default: every active merchant)")
        parser.add_argument("--json", action="store_true", help="one line of JSON for each account")

    def one(self, user: User, progress: Progress, **options) -> Outcome:
        """Do the work for one merchant. What it raises is logged and counted as failed."""
        raise NotImplementedError

    def merchants(self):
        """Whom the command is for where nobody is named."""
        return User.objects.merchants()

    def handle(self, *args, **options):
        users = self._users(options.pop("user"))
        codes = []
        try:
            for user in users:
                # `_out` is the stream itself: Django's wrapper would colour rich's own colours. The bars are gone
                # before the outcome is told, so that on a terminal neither runs into the other.
                with (
                    interrupted_by_sigterm(),
                    bound_contextvars(run=uuid.uuid4().hex[:12], user=user.pk),
                    progress_on(self.stderr._out) as progress,
                ):
                    outcome = self._guarded(user, progress, **options)
                codes.append(outcome.code)
                self._tell(user, outcome, options["json"])
        except KeyboardInterrupt:
            self.stderr.write("Stopped. Run the command again to go on from here.")
            sys.exit(STOPPED)
        if not users:
            self.stderr.write("There is nobody to do this for.")
        code = next((code for code in (FAILED, BUSY) if code in codes), FINE)
        if code:
            sys.exit(code)

    def _users(self, email: str | None) -> list[User]:
        if not email:
            return list(self.merchants().order_by("pk"))
        try:
            return [User.objects.get_by_natural_key(email.strip())]
        except User.DoesNotExist:
            raise CommandError(f"There is no account with the email {email.strip()}.") from None

    def _guarded(self, user: User, progress: Progress, **options) -> Outcome:
        try:
            return self.one(user, progress, **options)
        except Exception as error:
            reference = uuid.uuid4().hex[:8]
            log.exception("command failed", command=self.__module__.rpartition(".")[2], reference=reference)
            said = f"Failed: {type(error).__name__}. The log has the details under the reference {reference}."
            return Outcome({"error": type(error).__name__, "reference": reference}, FAILED, said)

    def _tell(self, user: User, outcome: Outcome, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"user": user.email} | outcome.values, ensure_ascii=False, default=str))
        else:
            with english():
                self.stdout.write(f"{user.email}: {outcome.text}")


def english() -> translation.override:
    """Commands speak English, also where they use words that the site has for merchants: `with english(): ...`.

    Only around what is said: what is sent to a service or kept for a page is in the site's own language.
    """
    return translation.override("en")


@contextmanager
def interrupted_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does: what is held is given back on the way out."""
    if threading.current_thread() is not threading.main_thread():
        # Only the main thread is told of signals.
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def progress_on(stream) -> Progress:
    """Bars on a terminal, nothing anywhere else."""
    console = Console(file=stream)
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
