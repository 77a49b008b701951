from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from evosync.pruning import prune


class Command(BaseCommand):
    help = "Drop finished jobs, calls and runs that are old. The workers do it once a day."

    def add_arguments(self, parser):
        default = settings.JOBS_KEPT_DAYS
        parser.add_argument("--days", type=int, default=default, help=f"keep what is younger (default: {default})")

    def handle(self, *, days, **options):
        try:
            self.stdout.write(f"Dropped: {prune(days)}.")
        except ValueError as error:
            raise CommandError(f"{error}.") from None
