import sys
from time import monotonic

from django.core.management.base import BaseCommand
from rich.console import Console

from accounts.commands import STOPPED, interrupted_by_sigterm, progress_on
from evosync import demo
from vkmarket.syncing import Job


class Command(BaseCommand):
    help = "Publish the sandbox's till to the sandbox's VK, and show what is there."

    def handle(self, *args, **options):
        console = Console(file=self.stdout._out)  # type: ignore[arg-type]  # the stream inside Django's wrapper
        sandbox = demo.start_sandbox()
        try:
            user = demo.prepare()
            began = monotonic()
            with interrupted_by_sigterm(), progress_on(self.stderr._out) as progress:
                outcome = Job(user, progress).run(refresh=True, dry_run=False, approve=False)
            seconds = monotonic() - began
            demo.show_window(user, console)
        except KeyboardInterrupt:
            self.stderr.write("Stopped. Run the demo again to go on from here.")
            sys.exit(STOPPED)
        finally:
            sandbox.stop()
        console.print(outcome.text, markup=False, highlight=False)
        console.print(f"Done in {seconds:.0f} s. Next: make run (the site, the till and the window).", highlight=False)
        if outcome.code:
            sys.exit(outcome.code)
