"""Merchants who are ready to publish, and databases to keep them in."""

import sqlite3
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection

from accounts.models import Status, User
from benchmarks import goods
from benchmarks.goods import FIRST_GROUP, FIRST_VK_USER
from catalog.choices import set_choice
from catalog.models import SyncConfig, SyncFilter
from connections.models import Community, EvotorConnection, VkConnection
from evosync.base import clock
from sandbox.vk_categories import CategoryTree
from vkmarket.models import VkCategory


def make_tables() -> str:
    """An empty database; what it is, in words."""
    if connection.vendor == "mysql":
        with _server() as cursor:
            cursor.execute(f"CREATE DATABASE {_name()} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    call_command("migrate", verbosity=0)
    if connection.vendor == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    return f"MariaDB {'.'.join(map(str, connection.mysql_version))}"


def drop_tables() -> None:
    if connection.vendor == "mysql":
        with _server() as cursor:
            cursor.execute(f"DROP DATABASE {_name()}")


@contextmanager
def _server():
    params = connection.get_connection_params()
    params.pop("database")
    server = connection.Database.connect(**params)
    try:
        yield server.cursor()
    finally:
        server.close()


def _name() -> str:
    return connection.settings_dict["NAME"]


def open_shop(shop: str, number: int = 0) -> None:
    """A merchant with both services connected, everything switched on, and one store to publish."""
    leaf = CategoryTree().first_leaf
    VkCategory.objects.get_or_create(
        category_id=leaf, defaults={"name": "Чай", "path": "Продукты / Чай", "fetched_at": clock.now()}
    )
    user = User.objects.create(email=f"{shop}@example.com", status=Status.ACTIVE)
    EvotorConnection.objects.create(
        user=user, access_token=f"evotor-{shop}", evotor_user_id=f"02-{number:015}", is_online=True
    )
    group_id = FIRST_GROUP + number
    community = Community.objects.create(group_id=group_id, name=f"Лавка {shop}")
    VkConnection.objects.create(
        user=user,
        access_token=f"vk-{shop}",
        vk_user_id=FIRST_VK_USER + number,
        group_id=group_id,
        community=community,
        is_online=True,
    )
    SyncConfig.objects.create(user=user, enabled=True, default_category_id=leaf)
    set_choice(user, SyncFilter.Entity.STORE, goods.store(shop)["id"], "", SyncFilter.Mode.INCLUDE)


def merchant(shop: str) -> User:
    return User.objects.get(email=f"{shop}@example.com")
