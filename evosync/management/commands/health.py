import json
import sys

from django.core.management.base import BaseCommand

from evosync import health


class Command(BaseCommand):
    help = "Tell what /health tells. Exit code 1 where the database or a worker is gone."

    def handle(self, **options):
        told = health.report()
        self.stdout.write(json.dumps(told))
        if told["status"] != "ok":
            sys.exit(1)
