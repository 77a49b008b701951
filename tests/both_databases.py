"""Which tests run where: on MariaDB only what meets the database, since the rest has shown itself on SQLite."""

import pytest
from django.conf import settings

MEETS_THE_DATABASE = {"db", "transactional_db", "live_server", "own_database"}


def _runs_here(item: pytest.Item, on_mariadb: bool) -> bool:
    if item.get_closest_marker("mariadb"):
        return on_mariadb
    marked = item.get_closest_marker("django_db") or item.get_closest_marker("both_databases")
    return not on_mariadb or bool(marked or MEETS_THE_DATABASE & set(item.fixturenames))


def pytest_collection_modifyitems(config, items) -> None:
    on_mariadb = settings.DATABASES["default"]["ENGINE"] == "django.db.backends.mysql"
    left_out = [item for item in items if not _runs_here(item, on_mariadb)]
    if left_out:
        items[:] = [item for item in items if _runs_here(item, on_mariadb)]
        config.hook.pytest_deselected(items=left_out)
