"""A backup: one zip with the rows of every table, the pictures, and a manifest that is written last.

Rows are kept as data, not as one database's statements: an archive made on SQLite can be restored on MariaDB and the
other way round. What is encrypted in the database stays so in the archive: the keys are never part of it.
"""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import IO
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from django.apps.registry import Apps
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import ExpressionWrapper, F, Model, TextField
from rich.progress import Progress

from evosync import VERSION
from evosync.base import clock
from evosync.base.fields import EncryptedTextField, encrypt

FORMAT = 1
MANIFEST = "manifest.json"
MEDIA = "media/"
# What the old installation was doing at that moment, and who was signed in: of no use to the new one.
LEFT_OUT = {"sessions.session", "django_q.task", "django_q.schedule", "django_q.ormq", "evosync.workerbeat"}
BATCH = 1000
KEY_CHECK = "EvoSync"


def back_up(out: IO[bytes], progress: Progress) -> dict:
    """Write the archive; its manifest. Others may go on writing meanwhile: all tables are read as of one moment."""
    with ZipFile(out, "w", compression=ZIP_DEFLATED, strict_timestamps=False) as archive:
        with one_moment():
            loader = MigrationLoader(connection)
            models = tables(loader.project_state(list(loader.applied_migrations)).apps)
            rows = {model._meta.label_lower: _write_table(archive, model, progress) for model in models}
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "made_at": clock.now().isoformat(),
            "database": connection.vendor,
            "migrations": sorted(map(list, loader.applied_migrations)),
            "columns": {model._meta.label_lower: [field.column for field in fields(model)] for model in models},
            "rows": rows,
            "pictures": _write_media(archive, Path(settings.MEDIA_ROOT), progress),
            # Can the keys of another day read what is encrypted here?
            "key_check": encrypt(KEY_CHECK),
        }
        archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
    return manifest


def tables(apps: Apps) -> list[type[Model]]:
    """The models, as of some set of migrations, whose rows an archive holds."""
    models = apps.get_models(include_auto_created=True)
    kept = [model for model in models if model._meta.managed and not model._meta.proxy and not model._meta.swapped]
    return sorted((m for m in kept if m._meta.label_lower not in LEFT_OUT), key=lambda model: model._meta.label_lower)


def fields(model: type[Model]) -> list:
    """Those whose columns somebody writes: the database makes the others from them."""
    return [field for field in model._meta.local_concrete_fields if not field.generated]


def entry(label: str) -> str:
    return f"rows/{label}.jsonl"


@contextmanager
def one_moment() -> Iterator[None]:
    """Everything read inside is as it was at the beginning, and nobody waits for us."""
    begin = {
        "sqlite": ["BEGIN DEFERRED"],
        "mysql": ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION WITH CONSISTENT SNAPSHOT"],
    }
    with connection.cursor() as cursor:
        for statement in begin[connection.vendor]:
            cursor.execute(statement)
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _write_table(archive: ZipFile, model: type[Model], progress: Progress) -> int:
    """A line for each row, a list of its columns; batch by batch along the primary key."""
    rows, columns = model._base_manager.order_by("pk"), []
    for field in fields(model):
        encrypted = isinstance(field, EncryptedTextField)
        columns.append(f"{field.attname}_as_kept" if encrypted else field.attname)
        if encrypted:
            rows = rows.annotate(**{columns[-1]: ExpressionWrapper(F(field.attname), output_field=TextField())})
    key = [field.primary_key for field in fields(model)].index(True)
    task = progress.add_task(model._meta.label_lower, total=rows.count())
    written, after = 0, None
    with archive.open(entry(model._meta.label_lower), "w", force_zip64=True) as lines:
        while True:
            batch = rows if after is None else rows.filter(pk__gt=after)
            found = list(batch.values_list(*columns)[:BATCH])
            if not found:
                return written
            for row in found:
                lines.write(json.dumps(row, ensure_ascii=False, default=_plain).encode() + b"\n")
            written, after = written + len(found), found[-1][key]
            progress.update(task, completed=written)


def _plain(value):
    """What JSON has no word for; `to_python` of its field reads it back."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return b64encode(bytes(value)).decode()
    raise TypeError(f"{type(value).__name__} has no place in an archive")


def _write_media(archive: ZipFile, folder: Path, progress: Progress) -> int:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    written = 0
    for path in progress.track(files, description="pictures"):
        try:
            # They are compressed already.
            archive.write(path, MEDIA + path.relative_to(folder).as_posix(), compress_type=ZIP_STORED)
            written += 1
        except FileNotFoundError:
            # Replaced meanwhile.
            continue
    return written
