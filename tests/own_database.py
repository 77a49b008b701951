"""Databases of the kind that is under test, for programs that run in processes of their own."""

import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from django.db import connection

FILE = "own.sqlite3"


@pytest.fixture
def own_database(tmp_path) -> Iterator[str]:
    """The address of an empty one."""
    with empty_database(tmp_path) as url:
        yield url


@pytest.fixture(scope="session")
def migrated(django_db_setup, django_db_blocker, tmp_path_factory) -> Callable[[Path], AbstractContextManager[str]]:
    """Makes databases with all tables, as copies of the tests' own: quicker by far than to migrate each.

    For tests marked django_db: pytest-django makes a database only for those.
    """
    with django_db_blocker.unblock():
        if connection.vendor != "sqlite":
            return partial(copied_database, _address(connection.settings_dict["NAME"]))
        file = tmp_path_factory.mktemp("migrated") / FILE
        with connection.cursor() as cursor:
            assert connection.introspection.table_names(cursor), "a test without the mark django_db"
            cursor.execute("VACUUM INTO %s", [str(file)])
    return partial(copied_database, f"sqlite:///{file}")


@contextmanager
def empty_database(folder: Path) -> Iterator[str]:
    """Its address, as DATABASE_URL or TEST_DATABASE_URL of such a program. Gone when the block ends."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder / FILE}"
        return
    name = f"test_own_{uuid.uuid4().hex[:12]}"
    with _server() as ask:
        ask(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    try:
        yield _address(name)
    finally:
        with _server() as ask:
            ask(f"DROP DATABASE {name}")


@contextmanager
def copied_database(url: str, folder: Path) -> Iterator[str]:
    """Another with the same tables and rows; nobody may be at work in the first meanwhile."""
    with empty_database(folder) as copy:
        if connection.vendor == "sqlite":
            shutil.copy(url.removeprefix("sqlite:///"), folder / FILE)
        else:
            _copy_tables(_name(url), _name(copy))
        yield copy


def told_by(url: str, question: str) -> list[tuple]:
    """What such a database answers, asked past Django."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            return file.execute(question).fetchall()
    with _server() as ask:
        ask(f"USE {_name(url)}")
        return list(ask(question))


def _copy_tables(of: str, into: str) -> None:
    with _server() as ask:
        # Tables refer to others that come later.
        ask("SET foreign_key_checks = 0")
        ask(f"USE {into}")
        for (table,) in ask(f"SHOW TABLES FROM {of}"):
            ((_table, made),) = ask(f"SHOW CREATE TABLE {of}.{table}")
            ask(made)
            # Generated columns take no value.
            told = [name for name, *_kind, extra in ask(f"SHOW COLUMNS FROM {of}.{table}") if "GENERATED" not in extra]
            columns = ", ".join(f"`{name}`" for name in told)
            ask(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {of}.{table}")
        ask("COMMIT")


@contextmanager
def _server() -> Iterator[Callable[[str], tuple]]:
    """By a connection apart from the tests': nothing of theirs is committed or rolled back by it."""
    params = connection.get_connection_params()
    params.pop("database", None)
    server = connection.Database.connect(**params)

    def ask(statement: str) -> tuple:
        cursor = server.cursor()
        cursor.execute(statement)
        return cursor.fetchall()

    try:
        yield ask
    finally:
        server.close()


def _name(url: str) -> str:
    return urlsplit(url).path.strip("/")


def _address(name: str) -> str:
    at = connection.settings_dict
    user, password, host = quote(at["USER"], safe=""), quote(at["PASSWORD"], safe=""), at["HOST"] or "localhost"
    port = f":{at['PORT']}" if at["PORT"] else ""
    socket = at["OPTIONS"].get("unix_socket", "")
    return f"mysql://{user}:{password}@{host}{port}/{name}" + (f"?unix_socket={quote(socket)}" if socket else "")
