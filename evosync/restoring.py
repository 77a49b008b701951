"""An archive of `evosync.backing_up` becomes this installation's database and pictures, in place of what is there."""

import json
import zipfile
from itertools import batched
from pathlib import Path, PurePosixPath
from typing import IO
from zipfile import ZipFile

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model
from rich.progress import Progress

from evosync import VERSION, beats
from evosync.base.fields import EncryptedTextField, decrypt
from evosync.base.upsert import BATCH

from .backing_up import FORMAT, KEY_CHECK, MANIFEST, MEDIA, entry, fields, tables


class Refused(Exception):
    """The archive is not restored, and nothing was touched."""


def read_manifest(archive: ZipFile) -> dict:
    """What the archive says of itself, once it is sure that it can be restored here."""
    try:
        manifest = json.loads(archive.read(MANIFEST))
    except KeyError:
        raise Refused("This is no archive of `backup`, or one that was cut off.") from None
    except (zipfile.BadZipFile, ValueError):
        raise Refused("The archive is damaged.") from None
    if manifest["format"] > FORMAT or _parts(manifest["version"]) > _parts(VERSION):
        raise Refused(f"The archive is of EvoSync {manifest['version']}, and this is {VERSION}: update first.")
    unknown = {tuple(node) for node in manifest["migrations"]} - MigrationLoader(None).disk_migrations.keys()
    if unknown:
        raise Refused(f"The archive knows migrations that this version lacks: {sorted(unknown)[0]}. Update first.")
    for name in archive.namelist():
        if name.startswith("/") or ".." in PurePosixPath(name).parts or name.endswith("/"):
            raise Refused(f"The archive names a file outside of its folder: {name}.")
    if broken := archive.testzip():
        raise Refused(f"The archive is damaged at {broken}.")
    return manifest


def opened(source: IO[bytes]) -> ZipFile:
    try:
        return ZipFile(source)
    except zipfile.BadZipFile:
        raise Refused("This is no archive of `backup`, or one that was cut off.") from None


def keys_fit(manifest: dict) -> bool:
    """Can FIELD_ENCRYPTION_KEYS of this installation read the tokens in the archive?"""
    try:
        return decrypt(manifest["key_check"]) == KEY_CHECK
    except InvalidToken:
        return False


def workers_alive() -> bool:
    try:
        return beats.any_alive()
    except DatabaseError:
        # No tables yet.
        return False


def restore(archive: ZipFile, manifest: dict, progress: Progress, *, without_secrets: bool = False) -> None:
    """Begin anew with the tables of the archive's day, fill them, and bring them to today's version.

    `without_secrets` leaves out what is encrypted, where no key can read it any more.
    Broken off on the way it leaves half a database: run it again with the same archive.
    """
    nodes = [tuple(node) for node in manifest["migrations"]]
    _drop_tables()
    executor = MigrationExecutor(connection)
    executor.migrate(_newest(executor.loader, nodes))
    models = tables(executor.loader.project_state(nodes).apps)
    connection.disable_constraint_checking()
    try:
        for model in models:
            if model._meta.label_lower in manifest["rows"]:
                _fill_table(archive, model, manifest, progress, without_secrets)
    finally:
        connection.enable_constraint_checking()
    connection.check_constraints()
    _write_media(archive, Path(settings.MEDIA_ROOT), progress)
    call_command("migrate", verbosity=0, interactive=False)


def _parts(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _drop_tables() -> None:
    """Ours alone: a database may be shared."""
    ours = {*connection.introspection.django_table_names(), MigrationRecorder.Migration._meta.db_table}
    ours.add(str(settings.CACHES["default"]["LOCATION"]))
    connection.disable_constraint_checking()
    with connection.cursor() as cursor:
        for table in ours.intersection(connection.introspection.table_names(cursor)):
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)}")
    connection.enable_constraint_checking()


def _newest(loader: MigrationLoader, nodes: list[tuple]) -> list[tuple]:
    """Of each application the last of these migrations: the way there takes in the others."""
    earlier = {
        parent.key for node in nodes for parent in loader.graph.node_map[node].parents if parent.key[0] == node[0]
    }
    return [node for node in nodes if node not in earlier]


def _fill_table(
    archive: ZipFile, model: type[Model], manifest: dict, progress: Progress, without_secrets: bool
) -> None:
    label, quote = model._meta.label_lower, connection.ops.quote_name
    by_column = {field.column: field for field in fields(model)}
    columns = [by_column[column] for column in manifest["columns"][label]]
    names = ", ".join(quote(field.column) for field in columns)
    table, marks = quote(model._meta.db_table), ", ".join(["%s"] * len(columns))
    task = progress.add_task(label, total=manifest["rows"][label])
    with archive.open(entry(label)) as lines, connection.cursor() as cursor:
        # Migrations put rows there too.
        cursor.execute(f"DELETE FROM {table}")
        for batch in batched(lines, BATCH):
            rows = [
                [
                    _as_kept(field, value, without_secrets)
                    for field, value in zip(columns, json.loads(line), strict=True)
                ]
                for line in batch
            ]
            with transaction.atomic():
                cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)
            progress.advance(task, len(rows))


def _as_kept(field, value, without_secrets: bool):
    """A value as this database keeps it."""
    if isinstance(field, EncryptedTextField):
        return "" if without_secrets else value
    if value is None:
        return None
    return field.get_db_prep_save(field.to_python(value), connection)


def _write_media(archive: ZipFile, folder: Path, progress: Progress) -> None:
    names = [name for name in archive.namelist() if name.startswith(MEDIA)]
    for name in progress.track(names, description="pictures"):
        path = folder / name.removeprefix(MEDIA)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(archive.read(name))
