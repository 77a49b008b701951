"""A shop that was published yesterday, made once; each test has a copy of it, before what changed overnight."""

import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from tests.killing import shop
from tests.killing.scene import Forks, Scene
from tests.own_database import copied_database


@dataclass(slots=True)
class Yesterday:
    forks: Forks
    database: str
    folder: Path
    ids: dict[str, str]


def quick(sandbox: Sandbox) -> Sandbox:
    sandbox.vk.switches["rate_limit"] = False
    return sandbox


@pytest.fixture(scope="session")
def yesterday(tmp_path_factory, migrated):
    """Connected and published: the database, the sandbox's folder, and who forks."""
    folder = tmp_path_factory.mktemp("yesterday")
    with ExitStack() as kept:
        database = kept.enter_context(migrated(folder))
        forks = Forks(database, folder)
        kept.callback(forks.close)
        with quick(Sandbox(folder / "sandbox", empty=True)) as sandbox:
            scene = Scene(forks, folder, database, sandbox)
            scene.connect()
            ids = shop.open_shop(sandbox)
            scene.do("settle")
            shop.change(sandbox, ids["Соль морская"], allow_to_sell=False)
            scene.do("settle")
            assert shop.shown(sandbox) == shop.wanted(sandbox)
            sandbox.save()
        yield Yesterday(forks, database, folder / "sandbox", ids)


@pytest.fixture
def scene(yesterday, tmp_path):
    """A copy of yesterday's shop, before VK that keeps no pace."""
    shutil.copytree(yesterday.folder, tmp_path / "sandbox")
    with (
        quick(Sandbox(tmp_path / "sandbox")) as sandbox,
        copied_database(yesterday.database, tmp_path) as database,
    ):
        yield Scene(yesterday.forks, tmp_path, database, sandbox)


@pytest.fixture
def second_day(yesterday, scene):
    """The shop with all that happened overnight, and nothing of it in VK yet."""
    shop.second_day(scene.sandbox, yesterday.ids)
    return scene
