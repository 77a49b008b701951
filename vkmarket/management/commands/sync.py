from django.db.models import Q

from accounts.commands import MerchantCommand
from vkmarket.syncing import Job


class Command(MerchantCommand):
    help = "Read the till and VK, plan, send until nothing is due, confirm."
    refresh = True

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="show the plan, store no wish, send no write")
        parser.add_argument("--approve", action="store_true", help="allow what the last run held back and showed")

    def merchants(self):
        return super().merchants().filter(Q(evotor__isnull=False) | Q(vk__isnull=False))

    def one(self, user, progress, **options):
        return Job(user, progress).run(refresh=self.refresh, dry_run=options["dry_run"], approve=options["approve"])
