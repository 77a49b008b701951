"""A process that has the project loaded, and forks the main job from it: each begins within milliseconds.

A program: an order is a line of JSON on standard input, its answer a line on standard output. What an order starts is
a parent that waits and a worker under it, in a process group of their own, so that either can be killed apart. All of
them share one clock, which the test pushes on instead of waiting.
"""

import json
import os
import random
import signal
import sys
import traceback
from datetime import timedelta
from multiprocessing.sharedctypes import RawValue
from pathlib import Path

import django

# Seconds by which the shared clock is ahead of this machine's.
AHEAD = RawValue("d", 0.0)
# Longer than VK's lag and any pause between two looks, shorter than the day after which a lost add is given up.
STEP = timedelta(minutes=20).total_seconds()
MOST_TURNS = 30


def serve() -> None:
    django.setup()
    _load()
    # Nobody asks for the ends of those that it starts.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order = json.loads(line)
        if "ahead" in order:
            AHEAD.value += order["ahead"]
            told = {}
        else:
            told = _begin(order)
        print(json.dumps(told), flush=True)


def _load() -> None:
    """Everything that the job needs, and no connection: that could not be shared with the forks."""
    from PIL import Image

    import evosync.urls  # noqa: F401
    import vkmarket.syncing  # noqa: F401

    Image.init()


def _begin(order: dict) -> dict:
    reading, writing = os.pipe()
    parent = os.fork()
    if parent:
        os.close(writing)
        with os.fdopen(reading) as pipe:
            return {"parent": parent, "worker": int(pipe.read())}
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if worker := os.fork():
            os.write(writing, str(worker).encode())
            os.close(writing)
            os.waitpid(worker, 0)
        else:
            os.close(writing)
            _work(order)
    finally:
        os._exit(0)


def _work(order: dict) -> None:
    """Do the order in the worker, and leave what came of it in the file that the order names."""
    with open(os.devnull, "r+") as nothing:
        for handle in (0, 1):
            os.dup2(nothing.fileno(), handle)
    from django.db import connections

    random.seed()
    _enter(order)
    try:
        result = {"done": JOBS[order["job"]](order)}
    except BaseException:
        result = {"failed": traceback.format_exc()}
    # A file of SQLite can be copied then.
    connections.close_all()
    into = Path(order["into"])
    into.with_suffix(".new").write_text(json.dumps(result, default=str), encoding="utf-8")
    into.with_suffix(".new").rename(into)


def _enter(order: dict) -> None:
    """This installation's database and sandbox, the shared clock, and no wait for VK's pace: the sandbox keeps none."""
    from django.conf import settings
    from django.db import connections
    from django.db.models import DateTimeField, ExpressionWrapper, Value
    from django.db.models.functions import Now

    from connections import linking
    from evosync.base import clock
    from tests.conftest import NoPace

    connections.settings["default"]["NAME"] = order["database"]
    for name, value in order["settings"].items():
        setattr(settings, name, value)
    now, monotonic, ahead = clock.now, clock.monotonic, lambda: timedelta(seconds=AHEAD.value)
    clock.now = lambda: now() + ahead()
    clock.monotonic = lambda: monotonic() + AHEAD.value
    clock.db_now = lambda: ExpressionWrapper(Now() + Value(ahead()), output_field=DateTimeField())
    linking.SharedPace = NoPace


# -- what may be ordered -----------------------------------------------------------------------------------------------


def _migrate(_order: dict) -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _connect(order: dict) -> None:
    """A merchant with everything switched on, who wants goods deleted that are gone."""
    from django.core.management import call_command

    from catalog.models import SyncConfig

    call_command("add_merchant", order["email"], *order["words"])
    SyncConfig.objects.update(delete_absent=True)


def _reconnect(order: dict) -> None:
    from connections import linking

    linking.link_vk(_user(order), order["token"], order["group"])


def _remove(order: dict) -> None:
    """The merchant asks to have everything taken out of VK, and to be disconnected then."""
    from vkmarket import removals

    removals.start(_user(order), removals.Purpose.DISCONNECT)


def _watch(_order: dict) -> str:
    """The watchdog looks, and what it asks for is done."""
    from connections.models import VkConnection
    from evosync import watching
    from vkmarket import tasks

    told = watching.watch()
    if "removals gone on with" in told:
        tasks.publish_slice(VkConnection.objects.exclude(access_token="").get().pk, plan=False)
    return told


def _sync(order: dict) -> dict:
    """The main job once, and how the connection with VK looks after it."""
    from vkmarket.syncing import Job

    user = _user(order)
    values = Job(user).run(refresh=True, dry_run=False, approve=True).values
    user.vk.refresh_from_db()
    return values | {"is_online": user.vk.is_online, "last_error": user.vk.last_error}


def _settle(order: dict) -> list[dict]:
    """The main job again and again, as a schedule would, until nothing waits; then once more. Both outcomes."""
    outcome, turns = _sync(order), 1
    while outcome["status"] != "done" or outcome["waiting"]:
        if turns == MOST_TURNS:
            raise AssertionError(f"not settled: {outcome}")
        AHEAD.value += STEP
        outcome, turns = _sync(order), turns + 1
    AHEAD.value += STEP
    return [outcome | {"turns": turns}, _sync(order) | {"in_flight": _in_flight()}]


def _in_flight() -> int:
    from django.db.models import Q

    from vkmarket.models import Attempt

    return Attempt.objects.filter(Q(in_flight__isnull=False) | Q(album_in_flight__isnull=False)).count()


def _user(order: dict):
    from accounts.models import User

    return User.objects.get(email=order["email"])


JOBS = {"migrate": _migrate, "connect": _connect, "reconnect": _reconnect, "sync": _sync, "settle": _settle}
JOBS |= {"remove": _remove, "watch": _watch}

if __name__ == "__main__":
    serve()
