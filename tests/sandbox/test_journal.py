"""The journal of calls: which were writes, and no secret and no bulk in it."""

import json

from sandbox import seed
from sandbox.calls import Call
from sandbox.journal import Journal
from tests.sandbox.conftest import GROUP, OWNER
from tests.sandbox.wire import ALBUM, code_of


def test_writes_are_told_from_reads(vk, desk):
    mark = desk.journal.calls()
    vk("market.getAlbums", owner_id=OWNER)
    vk("users.get")
    vk("groups.getById", group_id=GROUP)
    vk("market.getProductPhotoUploadServer", group_id=GROUP)
    vk("execute", code="return [API.market.get({})];")
    assert desk.journal.writes_since(mark) == []
    vk("execute", code=code_of("1"))
    vk("market.addAlbum", **ALBUM)
    assert [one["method"] for one in desk.journal.writes_since(mark)] == ["market.addAlbum"] * 2


def test_the_journal_keeps_no_secret_and_no_bulk(clock):
    journal = Journal(limit=3)
    params = {"access_token": "s", "token": "s", "file": b"12345", "text": "я" * 5000, "body": [1] * 500, "id": 7}
    call = Call("vk", "upload", params, clock.now)
    journal.open(call)
    for moment in ("open", "closed"):
        (entry,) = journal.entries()
        assert entry["params"].keys() == {"file", "text", "body", "id"}, moment
        assert (entry["params"]["file"], entry["params"]["body"]) == ("<5 bytes>", "<500 objects>"), moment
        assert len(entry["params"]["text"]) < 3000, moment
        journal.close(call, "ok")
    for _ in range(5):
        journal.open(Call("vk", "users.get", {}, clock.now))
    assert [one["n"] for one in journal.entries()] == [4, 5, 6]
    assert journal.calls() == 6


def test_no_token_reaches_the_journal(vk, evotor, desk):
    vk("users.get")
    evotor("GET /stores")
    text = json.dumps(desk.journal.entries())
    assert seed.VK_TOKEN not in text
    assert seed.EVOTOR_TOKEN not in text
