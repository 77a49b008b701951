"""An empty database of the kind that is under test, for programs that run in processes of their own."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection


@contextmanager
def empty_database(folder: Path) -> Iterator[str]:
    """Its address, as DATABASE_URL or TEST_DATABASE_URL of such a program. Gone when the block ends."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder / 'own.sqlite3'}"
        return
    name = f"test_own_{uuid.uuid4().hex[:12]}"
    _as_server(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    try:
        yield _address(name)
    finally:
        _as_server(f"DROP DATABASE {name}")


@pytest.fixture
def own_database(tmp_path) -> Iterator[str]:
    with empty_database(tmp_path) as url:
        yield url


def _as_server(statement: str) -> None:
    """By a connection apart from the tests': nothing of theirs is committed or rolled back by it."""
    params = connection.get_connection_params()
    params.pop("db", None)
    server = connection.Database.connect(**params)
    try:
        server.cursor().execute(statement)
    finally:
        server.close()


def _address(name: str) -> str:
    at = connection.settings_dict
    user, password, host = quote(at["USER"], safe=""), quote(at["PASSWORD"], safe=""), at["HOST"] or "localhost"
    port = f":{at['PORT']}" if at["PORT"] else ""
    socket = at["OPTIONS"].get("unix_socket", "")
    return f"mysql://{user}:{password}@{host}{port}/{name}" + (f"?unix_socket={quote(socket)}" if socket else "")
