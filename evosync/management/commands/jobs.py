import json

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from redis.exceptions import RedisError

from evosync.job_report import report


class Command(BaseCommand):
    help = "Tell which workers live, what is scheduled, waits, is due, runs and is stuck."

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="one line of JSON")

    def handle(self, **options):
        try:
            told = report()
        except RedisError as error:
            raise CommandError(f"The queue in Redis cannot be read: {error}") from None
        if options["json"]:
            self.stdout.write(json.dumps(told, ensure_ascii=False, default=_plain))
            return
        for line in _lines(told):
            self.stdout.write(line)


def _plain(value):
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _time(moment) -> str:
    return timezone.localtime(moment).strftime("%d.%m.%Y %H:%M:%S") if moment else "—"


def _lines(told: dict):
    seen = {name: "never seen" if age is None else f"seen {age:.0f} s ago" for name, age in told["workers"].items()}
    yield "Workers: " + ", ".join(f"{name} {how}" for name, how in seen.items())
    yield "Scheduled:"
    how = {True: "well", False: "failed", None: "not seen"}
    for row in told["schedules"]:
        yield f"  {row['name']}: next {_time(row['next_run'])}, last time {how[row['succeeded']]}"
    if not told["schedules"]:
        yield "  nothing: no worker has been started yet"
    yield "Queues:"
    for name, row in told["queues"].items():
        at_work = "" if row["at_work"] is None else f", at work {row['at_work']}"
        oldest = "" if row["oldest_seconds"] is None else f" (since {row['oldest_seconds']} s)"
        yield (
            f"  {name}: waiting {row['waiting']}{oldest}{at_work}; in 24 h done {row['done_24h']}, "
            f"failed {row['failed_24h']}; last {_time(row['last_done'])}"
        )
    checks = ", ".join(f"{service} {count}" for service, count in told["due"]["checks"].items())
    next_cycle = _time(told["due"]["next_cycle"])
    yield f"Due: cycles {told['due']['cycles']}, checks: {checks}; next cycle {next_cycle}"
    yield "Running:"
    for row in told["reading"]:
        yield f"  the till of {row['user']} is read"
    for row in told["running"]:
        yield f"  run {row['run']}, {row['community']}, since {_time(row['started_at'])}"
    if not (told["reading"] or told["running"]):
        yield "  nothing"
    yield "Stuck (the watchdog sees to it):"
    stuck = [f"  {what}: {', '.join(map(str, which))}" for what, which in told["stuck"].items() if which]
    yield from stuck or ["  nothing"]
