"""On MariaDB only what meets the database runs: the rest has shown itself on SQLite, in the same `make test`."""

import pytest
from django.conf import settings

MEETS_THE_DATABASE = {"db", "transactional_db", "live_server", "own_database"}


def _meets(item: pytest.Item) -> bool:
    return bool(MEETS_THE_DATABASE & set(item.fixturenames)) or item.get_closest_marker("django_db") is not None


def pytest_collection_modifyitems(config, items) -> None:
    if settings.DATABASES["default"]["ENGINE"] != "django.db.backends.mysql":
        return
    left_out = [item for item in items if not _meets(item)]
    if left_out:
        items[:] = [item for item in items if _meets(item)]
        config.hook.pytest_deselected(items=left_out)
