import os
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accounts.commands import progress_on
from evosync.backing_up import back_up


class Command(BaseCommand):
    help = "Keep the database and the pictures in one archive. The site and the workers may go on meanwhile."
    # One of them waits for whoever is writing to SQLite.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("path", help="the file to make, or - for standard output")

    def handle(self, *, path, **options):
        with progress_on(self.stderr._out) as progress:
            manifest = self._to_output(progress) if path == "-" else self._to_file(Path(path), progress)
        rows = sum(manifest["rows"].values())
        self.stderr.write(f"Kept {rows} rows of {len(manifest['rows'])} tables and {manifest['pictures']} pictures.")
        self.stderr.write("The keys are not in it: keep FIELD_ENCRYPTION_KEYS in another place.")

    def _to_output(self, progress) -> dict:
        if sys.stdout.isatty():
            raise CommandError("An archive is nothing to look at: send it to a file, backup - > FILE.")
        return back_up(sys.stdout.buffer, progress)

    def _to_file(self, path: Path, progress) -> dict:
        if path.exists():
            raise CommandError(f"{path} is there already.")
        # Names, passwords' hashes, addresses: for its owner alone. It has its name once it is whole.
        draft = path.with_name(f"{path.name}.part")
        try:
            file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.") from None
        try:
            with os.fdopen(file, "wb") as out:
                manifest = back_up(out, progress)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        draft.rename(path)
        return manifest
