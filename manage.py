#!/usr/bin/env python
import os
import signal
import sys


def enter_environment(words: list[str]) -> None:
    """Some commands bring their own settings, which have to be there before any is read."""
    command = words[0] if words else ""
    if command == "demo" or (command == "run" and "--sandbox" in words):
        from evosync import sandboxed

        sandboxed.enter()
    elif command == "sandbox":
        from evosync import secret_keys

        # It holds no secret of anybody's and keeps none.
        os.environ |= {name: key for name, key in secret_keys.made().items() if not os.environ.get(name)}


def trouble_of(error: Exception) -> str:
    """What is wrong with the whole database that a command met this error of, and what helps; "" if nothing is."""
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as useless:
        return f"EvoSync cannot use the database of DATABASE_URL: {useless}"
    # The tables of this version are not there (yet): the commonest slip of a first day and of an update.
    told = f"EvoSync cannot start. The database is not of this version ({error}). Bring it there with"
    return f"{told}\n\n    {sys.executable} {sys.argv[0]} migrate\n" if missing else ""


def leave_closed_output() -> None:
    """Whoever read what a command prints has gone (`| head -1`): nobody is to be told, and flushing must not fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(128 + signal.SIGPIPE)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evosync.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db.utils import OperationalError, ProgrammingError

    try:
        enter_environment(sys.argv[1:])
        execute_from_command_line(sys.argv)
        sys.stdout.flush()
    except BrokenPipeError:
        leave_closed_output()
    except (OperationalError, ProgrammingError) as error:
        told = trouble_of(error)
        if not told:
            raise
        sys.exit(told)
    except ImproperlyConfigured as error:
        # Something for the operator to set right: a sentence helps, a traceback hides it.
        sys.exit(f"EvoSync cannot start. {error}")


if __name__ == "__main__":
    main()
