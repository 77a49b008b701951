"""SQLite that asks the simulation before and after each commit, and refuses a worker that was killed.

A process that gets SIGKILL runs no `finally`. Here it does run, so whatever it tries to tidy up must come to nothing.
"""

from __future__ import annotations

from contextlib import contextmanager

from django.db.backends.sqlite3 import base

# The simulation's gate, while one runs: `before(connection, sql)`, `after(connection, sql)`, `alive()`.
gate = None
COMMIT = "COMMIT"
# Connections that nobody uses now.
_idle: list[base.Database.Connection] = []


def refuse_the_dead() -> None:
    if gate is not None:
        gate.alive()


class DatabaseWrapper(base.DatabaseWrapper):
    """One worker's connection. Inside a transaction nothing is interrupted but its commit."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(self._one_statement)

    def _one_statement(self, execute, sql, params, many, context):
        refuse_the_dead()
        if gate is None or self.in_atomic_block:
            return execute(sql, params, many, context)
        # A statement by itself, or the BEGIN of a transaction.
        gate.before(self, sql)
        result = execute(sql, params, many, context)
        # SQLite commits a statement that gives rows once these are fetched.
        if "RETURNING" not in sql:
            gate.after(self, sql)
        return result

    def _commit(self):
        refuse_the_dead()
        if gate is None:
            return super()._commit()
        gate.before(self, COMMIT)
        super()._commit()
        gate.after(self, COMMIT)

    def _rollback(self):
        refuse_the_dead()
        super()._rollback()

    def _set_autocommit(self, autocommit):
        # Python's sqlite3 commits what is open when it goes back to autocommit.
        refuse_the_dead()
        super()._set_autocommit(autocommit)

    def get_new_connection(self, conn_params):
        refuse_the_dead()
        return _idle.pop() if _idle else super().get_new_connection(conn_params)

    def _close(self):
        # Kept with the statements that it has prepared, which cost more than to run them.
        self.connection.rollback()
        _idle.append(self.connection)

    def drop(self) -> None:
        """The process is gone: what it had not committed never was."""
        if self.connection is not None:
            self._close()
            self.connection = None


@contextmanager
def gated(by):
    """Let `by` see every commit."""
    global gate
    gate = by
    try:
        yield
    finally:
        gate = None
