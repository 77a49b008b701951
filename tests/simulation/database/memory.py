"""The one database of all stories, in this process's memory: whoever is killed leaves nothing behind."""

import sqlite3

# Connections of one process that name it so share it, and it lives as long as one of them is open.
NAME = "file:/evosync-simulation?vfs=memdb"


def connect() -> sqlite3.Connection:
    """A connection beside Django's: it sees what is committed, whoever looks."""
    return sqlite3.connect(NAME, uri=True, check_same_thread=False, isolation_level=None)


_keeper = connect()
# What empties each table, what fills it, and with which rows.
_kept: list[tuple[str, str, list[tuple]]] = []


def keep() -> None:
    """What is in it now is what every story begins with."""
    tables = _keeper.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    # The numbers of the next rows come last: filling a table changes them.
    for (table,) in [*tables.fetchall(), ("sqlite_sequence",)]:
        # Without the columns that the database computes.
        columns = [row[1] for row in _keeper.execute(f'PRAGMA table_info("{table}")')]
        names, places = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
        rows = _keeper.execute(f'SELECT {names} FROM "{table}"').fetchall()
        _kept.append((f'DELETE FROM "{table}"', f'INSERT INTO "{table}" ({names}) VALUES ({places})', rows))


def begin_anew() -> None:
    """Put the rows back, and leave the tables: statements that were prepared for them serve every story."""
    _keeper.execute("BEGIN IMMEDIATE")
    for empty, fill, rows in _kept:
        _keeper.execute(empty)
        _keeper.executemany(fill, rows)
    _keeper.execute("COMMIT")
