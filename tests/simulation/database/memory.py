"""The one database of all stories, in this process's memory: whoever is killed leaves nothing behind."""

import sqlite3

# Connections of one process that name it so share it, and it lives as long as one of them is open.
NAME = "file:/evosync-simulation?vfs=memdb"


def connect() -> sqlite3.Connection:
    """A connection beside Django's: it sees what is committed, whoever looks."""
    return sqlite3.connect(NAME, uri=True, check_same_thread=False, isolation_level=None)


_keeper = connect()
_kept = sqlite3.connect(":memory:", check_same_thread=False)


def keep() -> None:
    """What is in it now is what every story begins with."""
    _keeper.backup(_kept)


def begin_anew() -> None:
    _kept.backup(_keeper)
