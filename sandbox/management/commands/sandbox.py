"""`manage.py sandbox`: the imitations as a process of their own."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sandbox import seed
from sandbox.loading import LoadError
from sandbox.saving import StateError
from sandbox.server import Sandbox


class Command(BaseCommand):
    help = "Serves imitations of Evotor and VK on 127.0.0.1, with pages /till and /window, until stopped."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8010, help="0 picks a free one (default 8010)")
        parser.add_argument("--directory", type=Path, default=Path("var/sandbox"), help="where the state is kept")
        parser.add_argument("--products", type=int, help="about how many goods a fresh shop has (default 320)")
        parser.add_argument("--load", type=Path, help="a folder of stores.json, product-groups.json, products.json")
        parser.add_argument("--empty", action="store_true", help="start fresh, with shops that hold no goods")
        parser.add_argument("--reset", action="store_true", help="forget the saved state")
        parser.add_argument("--print-json", action="store_true", help="print one line of JSON for programs")

    def handle(self, *args, **options) -> None:
        fresh = options["reset"] or options["empty"]
        try:
            sandbox = Sandbox(
                options["directory"],
                options["port"],
                products=options["products"],
                load=options["load"],
                empty=options["empty"],
                reset=fresh,
            )
        except (LoadError, StateError) as error:
            raise CommandError(str(error)) from None
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise CommandError(f"cannot serve on 127.0.0.1:{options['port']}: {reason}") from None
        stopped = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopped.set())
        sandbox.serve_forever(stopped, ready=lambda: self._greet(sandbox, options))

    def _greet(self, sandbox: Sandbox, options: dict) -> None:
        if options["print_json"]:
            self.stdout.write(json.dumps(description(sandbox), ensure_ascii=False))
            self.stdout.flush()
            return
        if sandbox.resumed:
            self.stdout.write(f"State of {sandbox.directory} taken up (--reset starts afresh).")
        self.stdout.write(f"Sandbox:      {sandbox.url}")
        self.stdout.write(f"Till:         {sandbox.url}/till")
        self.stdout.write(f"Window:       {sandbox.url}/window")
        self.stdout.write(f"Evotor:       {sandbox.evotor_url}  token {seed.EVOTOR_TOKEN}")
        self.stdout.write(f"VK:           {sandbox.vk_url}  token {seed.VK_TOKEN}  group {seed.VK_GROUP_ID}")
        self.stdout.write("Stop with Ctrl-C.")
        self.stdout.flush()


def description(sandbox: Sandbox) -> dict:
    """What a program needs to talk to a running sandbox."""
    return {
        "url": sandbox.url,
        "evotor_url": sandbox.evotor_url,
        "vk_url": sandbox.vk_url,
        "evotor_token": seed.EVOTOR_TOKEN,
        "vk_token": seed.VK_TOKEN,
        "vk_group": seed.VK_GROUP_ID,
    }
