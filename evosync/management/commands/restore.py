import shutil
import sys
from pathlib import Path
from tempfile import TemporaryFile

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from accounts.commands import progress_on
from evosync import restoring


class Command(BaseCommand):
    help = "Put the database and the pictures of an archive of `backup` in place of those that are here."

    def add_arguments(self, parser):
        parser.add_argument("path", help="the archive, or - for standard input")
        parser.add_argument("--yes", action="store_true", help="do not ask before replacing everything")
        parser.add_argument(
            "--lost-keys",
            action="store_true",
            help="go on where the tokens in it cannot be read: merchants connect anew",
        )

    def handle(self, *, path, yes, lost_keys, **options):
        try:
            with self._source(path) as source, restoring.opened(source) as archive:
                manifest = restoring.read_manifest(archive)
                readable = restoring.keys_fit(manifest)
                self._check(readable or lost_keys)
                if not yes:
                    self._ask(manifest)
                with progress_on(self.stderr._out) as progress:
                    restoring.restore(archive, manifest, progress, without_secrets=not readable)
        except restoring.Refused as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"Restored {sum(manifest['rows'].values())} rows and {manifest['pictures']} pictures.")

    def _source(self, path: str):
        if path != "-":
            try:
                return Path(path).open("rb")
            except OSError as error:
                raise CommandError(f"{path}: {error.strerror}.") from None
        # An archive is read from its end. It lies where there is room: a container's /tmp is memory.
        Path(settings.MEDIA_ROOT).mkdir(parents=True, exist_ok=True)
        kept = TemporaryFile(dir=settings.MEDIA_ROOT)  # noqa: SIM115 (the caller closes it)
        shutil.copyfileobj(sys.stdin.buffer, kept)
        kept.seek(0)
        return kept

    def _check(self, keys_settled: bool) -> None:
        if restoring.workers_alive():
            raise CommandError("Workers are at work on this database. Stop the site and the workers first.")
        if not keys_settled:
            raise CommandError(
                "FIELD_ENCRYPTION_KEYS of this installation cannot read the tokens in the archive: put the old key in. "
                "If it is lost for good, --lost-keys goes on, and merchants have to connect again."
            )

    def _ask(self, manifest: dict) -> None:
        if not sys.stdin.isatty():
            raise CommandError("Everything here would be replaced: say --yes where nobody can be asked.")
        kept = f"{sum(manifest['rows'].values())} rows of EvoSync {manifest['version']}, {manifest['made_at'][:16]} UTC"
        self.stderr.write(f"The archive holds {kept}.")
        self.stderr.write(f"Everything in the database {connection.settings_dict['NAME']} will be replaced by it.")
        if input("Go on? [yes/no] ").strip().lower() != "yes":
            raise CommandError("Nothing was changed.")
