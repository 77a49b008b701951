import os
import sys

from django.core.management.base import BaseCommand
from django_q.conf import Conf

from evosync import clusters, sandboxed
from evosync.base.jobs import LONG, NOW
from evosync.supervising import run_together

# django-q2 asks the environment for its name, as it is imported.
NAME = "Q_CLUSTER_NAME"


def programs() -> dict[str, list[str]]:
    """The clusters as programs, by name. Should one die it is started again."""
    command = [sys.executable, str(sandboxed.ROOT / "manage.py"), "worker", "--cluster"]
    return {f"worker {name}": ["env", f"{NAME}={name}", *command, name] for name in (NOW, LONG)}


class Command(BaseCommand):
    help = "Work through the queues until stopped: both clusters, or one of them."

    def add_arguments(self, parser):
        parser.add_argument("--cluster", choices=(NOW, LONG), help="only this one, in this process")

    def handle(self, *, cluster, **options):
        if cluster is None:
            workers = programs()
            sys.exit(run_together(workers, revived=workers))
        if cluster != Conf.CLUSTER_NAME:
            os.environ[NAME] = cluster
            os.execv(sys.executable, [sys.executable, *sys.argv])
        sys.exit(clusters.run(cluster))
