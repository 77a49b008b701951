"""Uploads: one-time addresses, real pictures, and saving what came from there."""

import io
import json

import pytest
from PIL import Image

from sandbox import seed, vk_photos
from tests.sandbox.conftest import GROUP, picture


def server(vk, **params) -> str:
    return vk("market.getProductPhotoUploadServer", group_id=GROUP, **params)["upload_url"]


def test_an_uploaded_photo_is_saved_once(vk):
    answer = vk.upload(server(vk), picture(640, 480))
    assert answer["meta"]["width"] == "640"
    saved = vk("market.saveProductPhoto", upload_response=json.dumps(answer))
    assert saved["photo"]["sizes"][0]["height"] == 480
    assert vk.code("market.saveProductPhoto", upload_response=json.dumps(answer)) == 121


def test_an_address_takes_one_upload(vk):
    url = server(vk)
    assert "error" not in vk.upload(url, picture())
    assert "ERR_UPLOAD" in vk.upload(url, picture())["error"]
    assert "ERR_UPLOAD" in vk.upload(url.replace("/upload/", "/upload/0"), picture())["error"]


def test_a_failed_upload_leaves_the_address_open(vk):
    url = server(vk)
    assert "ERR_UPLOAD" in vk.upload(url, b"not a picture")["error"]
    assert "error" not in vk.upload(url, picture())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<html>", "ERR_UPLOAD_BAD_IMAGE:"),
        (b"", "ERR_UPLOAD_BAD_IMAGE:"),
        (picture()[:700], "ERR_UPLOAD_BAD_IMAGE:"),
        (picture(399, 600), "min size 400x400"),
        (picture(600, 399), "min size 400x400"),
        (picture(400, 8001), "ratio"),
        (picture(7001, 7000, "PNG", mode="1"), "max 14000"),
        (picture(500, 500, "WEBP"), "FORMAT"),
    ],
    ids=["html", "empty", "cut", "narrow", "low", "ratio", "huge", "webp"],
)
def test_pictures_are_really_looked_at(vk, data, said):
    assert said in vk.upload(server(vk), data)["error"]


def test_a_file_over_the_limit_is_refused(vk, monkeypatch):
    monkeypatch.setattr(vk_photos, "MOST_BYTES", 1000)
    assert "TOO_BIG" in vk.upload(server(vk), picture())["error"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP"])
def test_the_known_formats_are_taken(vk, kind):
    assert "error" not in vk.upload(server(vk), picture(400, 400, kind))


def test_no_file_and_too_many_files(vk):
    assert "NO_FILE" in vk.upload(server(vk))["error"]
    assert "TOO_MANY" in vk.upload(server(vk), picture(), picture())["error"]
    assert "TOO_MANY" in vk.upload(server(vk, bulk=1), *[picture()] * 6)["error"]


def test_a_bulk_gives_a_photo_a_file_and_tells_their_sizes(vk):
    heights = [500, 501, 502, 503, 504]
    files = [picture(500, height, colour=f"#{height}444") for height in heights]
    answer = vk.upload(server(vk, bulk=1), *files)
    saved = vk("market.saveProductPhotoBulk", upload_response=answer)
    assert len({one["photo_id"] for one in saved}) == 5
    told = [one["photo"]["sizes"][0]["height"] for one in saved]
    assert sorted(told) == heights
    assert told == [int(one["meta"]["height"]) for one in answer["photos"]]


def test_a_bulk_does_not_keep_the_order_sent(vk):
    orders = set()
    for _ in range(2):
        heights = [500, 510, 520, 530, 540]
        for turn in (heights, heights[::-1]):
            answer = vk.upload(server(vk, bulk=1), *[picture(500, height) for height in turn])
            orders.add(tuple(one["meta"]["height"] for one in answer["photos"]))
    assert len(orders) == 1


def test_a_bulk_without_sizes_by_switch(vk):
    vk.world.switch("bulk_sizes", False)
    answer = vk.upload(server(vk, bulk=1), picture(), picture(500, 501))
    assert all("meta" not in one for one in answer["photos"])
    saved = vk("market.saveProductPhotoBulk", upload_response=answer)
    assert [set(one) for one in saved] == [{"photo_id"}] * 2


def test_a_bulk_is_saved_as_a_bulk_and_a_single_as_a_single(vk):
    single, bulk = vk.upload(server(vk), picture()), vk.upload(server(vk, bulk=1), picture())
    assert vk.code("market.saveProductPhotoBulk", upload_response=single) == 100
    assert vk.code("market.saveProductPhoto", upload_response=bulk) == 100
    assert vk("market.saveProductPhoto", upload_response=single)["photo_id"]
    assert vk("market.saveProductPhotoBulk", upload_response=bulk)


def test_what_did_not_come_from_the_upload_is_not_saved(vk):
    answer = vk.upload(server(vk), picture())
    assert vk.code("market.saveProductPhoto") == 100
    assert vk.code("market.saveProductPhoto", upload_response="<html>") == 100
    assert vk.code("market.saveProductPhoto", upload_response=answer | {"hash": "0"}) == 121
    vk.token = seed.SECOND_VK_TOKEN
    assert vk.code("market.saveProductPhoto", upload_response=answer) == 121


def test_a_small_copy_is_kept(vk):
    photo = vk.photo(picture(2000, 1000))
    small = Image.open(io.BytesIO(vk.world.pictures[str(photo)]))
    assert small.size == (240, 120)


def test_an_album_cover_has_its_own_flow(vk):
    url = vk("photos.getMarketAlbumUploadServer", group_id=GROUP)["upload_url"]
    assert "1280x720" in vk.upload(url, picture(1279, 800))["error"]
    answer = vk.upload(url, picture(1280, 720))
    assert vk.code("photos.saveMarketAlbumPhoto", group_id=GROUP, **{**answer, "hash": "0"}) == 121
    (photo,) = vk("photos.saveMarketAlbumPhoto", group_id=GROUP, **answer)
    assert vk("market.addAlbum", owner_id=-GROUP, title="Чай", photo_id=photo["id"])


def test_covers_need_the_photos_right(vk):
    vk.world.add_token("market-only", user_id=seed.VK_USER_ID, scopes=["market"])
    vk.token = "market-only"
    assert vk.code("photos.getMarketAlbumUploadServer", group_id=GROUP) == 15
