import sys
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from evosync import demo, sandboxed
from evosync.supervising import run_together

from . import worker


class Command(BaseCommand):
    help = "Serve the site and do its jobs until stopped; with --sandbox beside imitations of Evotor and VK."

    def add_arguments(self, parser):
        parser.add_argument(
            "--sandbox", action="store_true", help="work in var/demo against the sandbox, with a demo login"
        )

    def handle(self, *, sandbox, **options):
        port = urlsplit(settings.BASE_URL).port or sandboxed.SITE_PORT
        if not sandbox and port != sandboxed.free_port(port):
            raise CommandError(f"Port {port} of BASE_URL is taken: stop what listens there, or change BASE_URL.")
        call_command("migrate", verbosity=0, interactive=False)
        programs, workers = {"site": self._gunicorn(port)}, worker.programs()
        if sandbox:
            programs["sandbox"] = self._sandbox()
            self._greet(port)
        else:
            self.stdout.write(f"Site:    {settings.BASE_URL}")
        self.stdout.write("Stop with Ctrl-C.")
        self.stdout.flush()
        # The workers last: what they ask for has to be there.
        sys.exit(run_together(programs | workers, silent={"sandbox"}, revived=workers))

    def _sandbox(self) -> list[str]:
        """Set the demo's merchant up; the sandbox that is needed for it is then run as a program of its own."""
        helper = demo.start_sandbox()
        try:
            demo.prepare()
        finally:
            helper.stop()
        port, folder = urlsplit(settings.SANDBOX_URL).port, sandboxed.FOLDER / "sandbox"
        manage = str(sandboxed.ROOT / "manage.py")
        return [sys.executable, manage, "sandbox", "--port", str(port), "--directory", str(folder)]

    def _greet(self, port: int) -> None:
        if port != sandboxed.SITE_PORT:
            self.stdout.write(f"Port {sandboxed.SITE_PORT} is taken, so the site is at {port}.")
        self.stdout.write(f"Site:    {settings.BASE_URL}")
        self.stdout.write(f"Login:   {sandboxed.EMAIL}")
        self.stdout.write(f"Password: {sandboxed.PASSWORD}")
        self.stdout.write(f"Till:    {settings.BASE_URL}/till  (the sandbox's cash register)")
        self.stdout.write(f"Window:  {settings.BASE_URL}/window  (the sandbox's VK, as a visitor sees it)")

    @staticmethod
    def _gunicorn(port: int) -> list[str]:
        config = str(sandboxed.ROOT / "gunicorn.conf.py")
        return [sys.executable, "-m", "gunicorn", "--config", config, "--bind", f"127.0.0.1:{port}"]
