"""What a kill does here, shown alone: prints what a worker that was killed inside a transaction had written."""

from __future__ import annotations

import os
import random


def main() -> None:
    from django.core.management import call_command
    from django.db import connection, transaction

    from connections.models import Pace
    from tests.simulation.database import base
    from tests.simulation.scheduling import Scheduler, Worker

    class Gate:
        """Nothing happens at commits."""

        def alive(self) -> None:
            if scheduler.current:
                scheduler.current.alive()

        def before(self, *_what) -> None: ...

        after = before

    def work() -> None:
        Pace.objects.create(key="committed")
        try:
            with transaction.atomic():
                Pace.objects.create(key="half-way")
                scheduler.current.kill()
        except BaseException:
            # A process that gets SIGKILL would not come here.
            Pace.objects.create(key="tidied up")
            raise
        finally:
            with transaction.atomic():
                Pace.objects.create(key="finally")

    call_command("migrate", run_syncdb=True, verbosity=0)
    connection.close()
    scheduler = Scheduler(random.Random(1))
    Worker(scheduler, "anna", work)
    with base.gated(Gate()):
        scheduler.run()
    print(*Pace.objects.values_list("key", flat=True))


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.simulation.settings"
    import django

    django.setup()
    main()
