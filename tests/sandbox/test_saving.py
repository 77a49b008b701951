"""What survives a restart of the sandbox."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests

from sandbox import saving, seed
from sandbox.server import Sandbox
from tests.sandbox.conftest import GROUP, OWNER, picture
from tests.sandbox.wire import BEARER, FORM, STORE


def test_the_state_survives_a_restart(tmp_path):
    with Sandbox(tmp_path, products=350) as first:
        assert not first.resumed
        params = FORM | {"group_id": GROUP}
        url = requests.post(f"{first.vk_url}/method/market.getProductPhotoUploadServer", data=params, timeout=5).json()[
            "response"
        ]["upload_url"]
        raw = requests.post(url, files={"file": picture()}, timeout=5).text
        photo = first.vk.handle("market.saveProductPhoto", FORM | {"upload_response": raw}, now := datetime.now(UTC))
        photo_id = photo["response"]["photo_id"]
        item = first.vk.add_foreign_item(GROUP, name="Чай", main_photo_id=photo_id)
        album = first.vk.handle("market.addAlbum", FORM | {"owner_id": OWNER, "title": "Чай"}, now)["response"]
        first.vk.switch("photo_single_use", False)
        product = first.evotor.put_product(STORE, {"name": "Кофе", "price": 9999999.99})
        first.evotor.set_installed(seed.OTHER_STORE_ID, False)
        first.evotor.switch("sale_lag_seconds", 3600)
        first.evotor.sell(STORE, product, 2)
        before = {name: list(world.rows()) for name, world in (("e", first.evotor), ("v", first.vk))}
    with Sandbox(tmp_path) as second:
        assert second.resumed
        after = {name: list(world.rows()) for name, world in (("e", second.evotor), ("v", second.vk))}
        plain = lambda rows: json.loads(json.dumps(rows))  # noqa: E731
        assert plain(after) == plain(before)
        assert (
            second.vk.handle(
                "market.addAlbum", FORM | {"owner_id": OWNER, "title": "Кофе"}, now + timedelta(seconds=9)
            )["response"]["market_album_id"]
            > album["market_album_id"]
        )
        assert second.vk.add_foreign_item(GROUP) > item
        assert requests.get(f"{second.vk_url}/photo/{photo_id}.jpg", timeout=5).status_code == 200
    with Sandbox(tmp_path, reset=True) as third:
        assert not third.resumed
        assert third.vk.items(GROUP) == []


def test_the_state_is_written_while_it_changes(tmp_path):
    with Sandbox(tmp_path, empty=True) as running:
        running.evotor.put_product(STORE, {"name": "Чай"})
        running.save()
        lines = (tmp_path / saving.STATE).read_text(encoding="utf-8").splitlines()
        assert any(json.loads(line)[0] == "evotor.products" for line in lines)
        assert not list(tmp_path.glob("*.new"))


def test_nothing_changed_nothing_written(tmp_path):
    with Sandbox(tmp_path, empty=True) as running:
        running.save()
        stamp = (tmp_path / saving.STATE).stat().st_mtime_ns
        requests.get(f"{running.evotor_url}/stores", headers=BEARER, timeout=5)
        running.save()
        assert (tmp_path / saving.STATE).stat().st_mtime_ns == stamp


def test_a_broken_state_is_told_with_its_line(tmp_path):
    Sandbox(tmp_path, empty=True).stop()
    path = tmp_path / saving.STATE
    path.write_text(path.read_text(encoding="utf-8").replace('["evotor.account"', '["evotor.account', 1), "utf-8")
    with pytest.raises(saving.StateError, match=r"line 3: .*--reset"):
        Sandbox(tmp_path)
    Sandbox(tmp_path, reset=True).stop()
    assert Sandbox(tmp_path).resumed


def test_a_busy_port_is_told_before_anything_is_touched(tmp_path, sandbox):
    with pytest.raises(OSError, match="in use"):
        Sandbox(tmp_path / "state", port=sandbox.port)
    assert not (tmp_path / "state").exists()


def test_a_stopped_sandbox_answers_no_more(tmp_path):
    running = Sandbox(empty=True).start()
    session = requests.Session()
    assert session.get(running.url, timeout=5).status_code == 200
    running.stop()
    with pytest.raises(requests.ConnectionError):
        session.get(running.url, timeout=5)
