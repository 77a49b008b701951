import sys
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from evosync import demo, sandboxed
from evosync.supervising import run_together


class Command(BaseCommand):
    help = "Serve the site on this machine until stopped; with --sandbox also imitations of Evotor and VK."

    def add_arguments(self, parser):
        parser.add_argument(
            "--sandbox", action="store_true", help="work in var/demo against the sandbox, with a demo login"
        )

    def handle(self, *, sandbox, **options):
        site = urlsplit(settings.BASE_URL)
        port = site.port or 8000
        programs = {"site": self._gunicorn(port)}
        call_command("migrate", verbosity=0, interactive=False)
        if sandbox:
            # Only to set the merchant up; then the sandbox runs as a program of its own.
            helper = demo.start_sandbox()
            try:
                demo.prepare()
            finally:
                helper.stop()
            folder = str(sandboxed.FOLDER / "sandbox")
            sandbox_port = str(urlsplit(settings.SANDBOX_URL).port)
            programs["sandbox"] = self._manage("sandbox", "--port", sandbox_port, "--directory", folder)
            self._greet(port)
        elif port != sandboxed.free_port(port):
            self.stderr.write(f"Port {port} of BASE_URL is taken: stop what listens there, or change BASE_URL.")
            sys.exit(1)
        else:
            self.stdout.write(f"EvoSync: {settings.BASE_URL}")
        self.stdout.flush()
        sys.exit(run_together(programs))

    def _greet(self, port: int) -> None:
        if port != sandboxed.SITE_PORT:
            self.stdout.write(f"Port {sandboxed.SITE_PORT} is taken, so the site is at {port}.")
        self.stdout.write(f"Site:    {settings.BASE_URL}")
        self.stdout.write(f"Login:   {sandboxed.EMAIL}")
        self.stdout.write(f"Password: {sandboxed.PASSWORD}")
        self.stdout.write(f"Till:    {settings.BASE_URL}/till  (the sandbox's cash register)")
        self.stdout.write(f"Window:  {settings.BASE_URL}/window  (the sandbox's VK, as a visitor sees it)")
        self.stdout.write("Stop with Ctrl-C.")

    @staticmethod
    def _manage(*words: str) -> list[str]:
        return [sys.executable, sys.argv[0], *words]

    @staticmethod
    def _gunicorn(port: int) -> list[str]:
        address = f"127.0.0.1:{port}"
        return [sys.executable, "-m", "gunicorn", "evosync.wsgi", "--bind", address, "--workers", "2", "--threads", "4"]
