"""How a job comes into the queue, and how it learns that its worker is to leave."""

from ctypes import c_byte
from functools import partial
from multiprocessing.sharedctypes import RawValue

from django.conf import settings
from django.db import transaction
from django_q.tasks import async_task

# The two queues: what people wait for, schedules and alerts; and checks, reading and publishing.
NOW, LONG = "now", "long"
# Shared memory without a lock: a worker killed while it looks takes nothing with it.
_stop: c_byte | None = None


def enqueue(job: str, *args, cluster: str = LONG, timeout: int | None = None, **kwargs) -> None:
    """Ask for a job by the path of its function, as part of the transaction that the caller is in.

    With the queue in the database the request is committed with the caller's rows or not at all. Redis is asked after
    the commit; what it loses, or does not take, the watchdog finds in the rows, and the next cycle what is in no row.
    """
    options = {"cluster": cluster, "group": job} | ({"timeout": timeout} if timeout else {})
    ask = partial(async_task, job, *args, q_options=options, **kwargs)
    if settings.Q_CLUSTER.get("orm"):
        ask()
    else:
        transaction.on_commit(ask, robust=True)


def share_stop() -> None:
    """Called by the parent of workers before they are, who inherit the sign that `ask_to_leave` sets."""
    global _stop
    _stop = RawValue(c_byte, 0)


def ask_to_leave() -> None:
    if _stop is not None:
        _stop.value = 1


def leaving() -> bool:
    """Is this worker asked to leave? Then a job puts itself back into the queue and ends."""
    return _stop is not None and bool(_stop.value)
