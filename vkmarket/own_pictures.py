"""Pictures that merchants upload, for a product or for a group: kept as files under names that nobody can guess."""

import secrets
from datetime import timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from catalog.models import CachedGroup, CachedProduct
from evosync.base import clock

from .pictures import fit

FOLDER = "own"
# A picture is kept before the row that names it, and one that was replaced may just be on its way to VK.
KEPT_FOR = timedelta(days=1)


def keep(content: bytes) -> str:
    """Keep an uploaded picture, made such as VK takes it and without anything else that was in the file -> its name.

    Raises BadPicture.
    """
    name = f"{secrets.token_hex(16)}.jpg"
    default_storage.save(f"{FOLDER}/{name}", ContentFile(fit(content)))
    return name


def read(name: str) -> bytes:
    """Raises OSError where the file is gone."""
    with default_storage.open(f"{FOLDER}/{name}") as file:
        return file.read()


def find(name: str) -> bytes | None:
    """The picture of that name, None where there is none."""
    try:
        return read(name) if name else None
    except OSError:
        return None


def drop_unused() -> int:
    """Delete the files that no row names any more; how many."""
    if not default_storage.exists(FOLDER):
        return 0
    used = _named(CachedProduct) | _named(CachedGroup)
    unused = [f"{FOLDER}/{name}" for name in default_storage.listdir(FOLDER)[1] if name not in used]
    old = [path for path in unused if clock.now() - default_storage.get_modified_time(path) > KEPT_FOR]
    for path in old:
        default_storage.delete(path)
    return len(old)


def _named(model: type[CachedProduct] | type[CachedGroup]) -> set[str]:
    return set(model.objects.exclude(own_picture="").values_list("own_picture", flat=True))
