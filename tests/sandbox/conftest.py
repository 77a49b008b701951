"""Worlds under a clock that tests own, and a running server."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from sandbox import seed
from sandbox.calls import Upload
from sandbox.evotor import EvotorWorld
from sandbox.faults import Desk
from sandbox.server import Sandbox
from sandbox.vk import VkWorld

GROUP = seed.VK_GROUP_ID
OWNER = -GROUP


class Clock:
    """Time that moves only when told to."""

    def __init__(self):
        self.now = datetime(2026, 3, 6, 11, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def picture(
    width: int = 500, height: int = 500, kind: str = "JPEG", colour: str = "#204060", mode: str = "RGB"
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), colour if mode == "RGB" else 1).save(out, kind)
    return out.getvalue()


class Vk:
    """A caller of VK's world: every call a second after the one before, so pace never interferes."""

    def __init__(self, world: VkWorld, clock: Clock):
        self.world = world
        self.clock = clock
        self.token = seed.VK_TOKEN

    def raw(self, method: str, **params) -> dict:
        self.clock.pass_(1)
        given = {"access_token": self.token, "v": "5.199"} | params
        return self.world.handle(method, given, self.clock.now)

    def __call__(self, method: str, **params):
        """The response; a refusal fails the test."""
        answer = self.raw(method, **params)
        assert "error" not in answer, answer
        return answer["response"]

    def code(self, method: str, **params) -> int:
        """The code of a refusal; success fails the test."""
        answer = self.raw(method, **params)
        assert "error" in answer, answer
        return answer["error"]["error_code"]

    def message(self, method: str, **params) -> str:
        return self.raw(method, **params)["error"]["error_msg"]

    def upload(self, url: str, *files: bytes) -> dict:
        key = url.partition("/upload/")[2].partition("?")[0]
        uploads = [Upload(f"file{at}", "a.jpg", data) for at, data in enumerate(files, 1)]
        return self.world.handle("upload", {"key": key, "files": uploads}, self.clock.now)

    def photo(self, data: bytes | None = None) -> int:
        url = self("market.getProductPhotoUploadServer", group_id=GROUP)["upload_url"]
        answer = self.upload(url, data or picture())
        return self("market.saveProductPhoto", upload_response=answer)["photo_id"]

    def fields(self, **changes) -> dict:
        """The parameters of a legal add."""
        fields = {
            "owner_id": OWNER,
            "name": "Чай чёрный «Ассам»",
            "description": "Крупнолистовой чай, 100 г",
            "category_id": self.world.categories.find("Чай, кофе и какао"),
            "price": "245.50",
        } | changes
        if "main_photo_id" not in fields:
            fields["main_photo_id"] = self.photo()
        return {name: value for name, value in fields.items() if value is not None}

    def add(self, **changes) -> int:
        return self("market.add", **self.fields(**changes))["market_item_id"]

    def item(self, item_id: int, **params) -> dict:
        found = self("market.getById", item_ids=f"{OWNER}_{item_id}", **params)["items"]
        assert len(found) == 1
        return found[0]


class Evotor:
    """A caller of Evotor's world."""

    def __init__(self, world: EvotorWorld, clock: Clock):
        self.world = world
        self.clock = clock
        self.token = seed.EVOTOR_TOKEN

    def __call__(self, method: str, **params):
        return self.world.handle(method, {"token": self.token} | params, self.clock.now)

    def all(self, path: str, **params) -> list[dict]:
        """Every item of a listing, page by page."""
        items, cursor = [], None
        while True:
            answer = self(f"GET {path}", **(params if cursor is None else {"cursor": cursor}))
            assert answer.status == 200, answer
            items += answer.body["items"]
            cursor = answer.body["paging"].get("next_cursor")
            if not cursor:
                return items


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def vk(clock, desk) -> Vk:
    world = VkWorld(desk)
    world.clock = clock
    seed.fill(EvotorWorld(), world, empty=True)
    return Vk(world, clock)


@pytest.fixture
def evotor(clock, desk) -> Evotor:
    world = EvotorWorld(desk)
    world.clock = clock
    seed.fill(world, VkWorld())
    return Evotor(world, clock)


@pytest.fixture
def sandbox():
    with Sandbox(empty=True) as running:
        yield running


@pytest.fixture
def calm(sandbox):
    sandbox.vk.switch("rate_limit", False)
    return sandbox
