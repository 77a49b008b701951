"""Photos: a one-time upload address, a real look at the picture, and saving what was uploaded."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PIL import Image

from sandbox.calls import Upload, unguessable
from sandbox.vk_errors import Params, VkError
from sandbox.vk_reads import photo_object

FORMATS = {"JPEG", "PNG", "GIF", "BMP"}
MOST_BYTES = 50 * 1024 * 1024
LEAST_SIDE = 400
LEAST_COVER = (1280, 720)
MOST_SIDES = 14_000
MOST_BULK = 5
THUMB = 240
SERVER = 857416


@dataclass(slots=True)
class Looked:
    """A file as the upload host sees it: an error, or its size and a small copy."""

    field: str
    error: str = ""
    width: int = 0
    height: int = 0
    sha: str = ""
    thumb: bytes = b""


def look_at(files: list[Upload]) -> list[Looked]:
    return [_look(file) for file in files]


def _look(file: Upload) -> Looked:
    looked = Looked(file.field)
    if len(file.data) > MOST_BYTES:
        looked.error = "ERR_UPLOAD_FILE_TOO_BIG: file size limit is 50 MB"
        return looked
    try:
        picture = Image.open(io.BytesIO(file.data))
        looked.width, looked.height = picture.size
        if picture.format not in FORMATS:
            looked.error = "ERR_UPLOAD_BAD_IMAGE_FORMAT: JPG, PNG or GIF expected"
        elif picture.width + picture.height > MOST_SIDES:
            looked.error = f"ERR_UPLOAD_BAD_IMAGE_SIZE: photo width + height max {MOST_SIDES}"
        elif max(picture.size) > 20 * min(picture.size):
            looked.error = "ERR_UPLOAD_BAD_IMAGE_SIZE: photo aspect ratio must be at least 1:20"
        else:
            # Making the small copy decodes the whole picture: a body cut short fails here.
            looked.thumb = _thumb(picture)
    # Pillow raises many kinds for a broken file, a bomb among them.
    except Exception:
        looked.error = "ERR_UPLOAD_BAD_IMAGE: the file is not a picture or is broken"
    looked.sha = hashlib.sha256(file.data).hexdigest()
    return looked


def _thumb(picture: Image.Image) -> bytes:
    # A JPEG is decoded at a half or a quarter at once, and still read to its end.
    picture.draft("RGB", (THUMB, THUMB))
    small = picture.convert("RGB")
    small.thumbnail((THUMB, THUMB))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=80)
    return out.getvalue()


def _server(world, caller, group, kind: str, bulk: bool) -> dict[str, str]:
    key = unguessable()
    world.uploads[key] = {
        "group_id": group.id,
        "user_id": caller.token.user_id,
        "kind": kind,
        "bulk": bulk,
        "answer": None,
        "photos": [],
    }
    return {"upload_url": f"{world.base_url}/upload/{key}?act=do_add&gid={group.id}"}


def _group(world, caller, params: Params):
    return world.community(caller, params.integer("group_id", least=1, required=True), code=15)


def product_server(world, caller, params: Params) -> dict[str, str]:
    return _server(world, caller, _group(world, caller, params), "product", params.flag("bulk"))


def album_server(world, caller, params: Params) -> dict[str, str]:
    return _server(world, caller, _group(world, caller, params), "album", False)


def receive(world, key: str, files: list[Looked], now: datetime) -> dict[str, Any]:
    """The upload host's answer; a failure is an `error` in it. One address takes one upload."""
    upload = world.uploads.get(key)
    if upload is None or upload["answer"] is not None:
        return _failed("ERR_UPLOAD_BAD_SESSION: upload address is unknown or used")
    if not files:
        return _failed("ERR_UPLOAD_NO_FILE: no file in the form")
    if not upload["bulk"] and len(files) > 1:
        return _failed("ERR_UPLOAD_TOO_MANY_FILES: one file expected")
    if len(files) > MOST_BULK:
        return _failed(f"ERR_UPLOAD_TOO_MANY_FILES: at most {MOST_BULK} files expected")
    cover = upload["kind"] == "album"
    name, least = ("market album", LEAST_COVER) if cover else ("market", (LEAST_SIDE, LEAST_SIDE))
    for file in files:
        if file.error:
            return _failed(file.error)
        if file.width < least[0] or file.height < least[1]:
            size = f"{least[0]}x{least[1]}"
            return _failed(f"ERR_UPLOAD_BAD_IMAGE_SIZE: {name} photo min size {size}")
    photos = [{"width": one.width, "height": one.height, "sha": one.sha} for one in files]
    # VK does not promise the order of a bulk: by content here, so that nobody relies on the order sent.
    order = sorted(range(len(files)), key=lambda at: files[at].sha) if upload["bulk"] else [0]
    for at in order:
        photos[at]["thumb"] = f"{key}-{at}"
        world.pictures[f"{key}-{at}"] = files[at].thumb
    photos = [photos[at] for at in order]
    answer = _cover_answer(upload, photos[0]) if cover else _answer(world, upload, photos)
    world.uploads[key] = upload | {"answer": answer, "photos": photos}
    return answer


def _failed(error: str) -> dict[str, Any]:
    return {"error": error, "bwact": "do_add", "server": SERVER}


def _answer(world, upload: dict[str, Any], photos: list[dict[str, Any]]) -> dict[str, Any]:
    metas = [
        {
            "sha": photo["sha"],
            "secret": unguessable()[:16],
            "meta": {"height": str(photo["height"]), "width": str(photo["width"]), "kid": unguessable()[:32]},
        }
        for photo in photos
    ]
    common = {
        "hash": unguessable(),
        "server": SERVER,
        "user_id": upload["user_id"],
        "group_id": upload["group_id"],
        "request_id": unguessable(),
        "album_id": -53,
        "app_id": 6121396,
    }
    if not upload["bulk"]:
        return metas[0] | common
    if not world.switches["bulk_sizes"]:
        metas = [{name: meta[name] for name in ("sha", "secret")} for meta in metas]
    return {"photos": metas} | common


def _cover_answer(upload: dict[str, Any], photo: dict[str, Any]) -> dict[str, Any]:
    return {"server": SERVER, "photo": photo["sha"], "gid": upload["group_id"], "hash": unguessable()}


def save_one(world, caller, params: Params) -> dict[str, Any]:
    group, photos = _uploaded(world, caller, params, bulk=False)
    photo = _keep(world, group, photos[0], caller.now)
    return {"photo_id": photo["id"], "photo": photo_object(world, group, photo)}


def save_bulk(world, caller, params: Params) -> list[dict[str, Any]]:
    """Ids of all files of a bulk; whether their sizes are told is a switch."""
    group, uploaded = _uploaded(world, caller, params, bulk=True)
    photos = [_keep(world, group, photo, caller.now) for photo in uploaded]
    if not world.switches["bulk_sizes"]:
        return [{"photo_id": photo["id"]} for photo in photos]
    return [{"photo_id": photo["id"], "photo": photo_object(world, group, photo)} for photo in photos]


def _uploaded(world, caller, params: Params, *, bulk: bool):
    """The upload that this answer came from; each is saved once."""
    try:
        answer = json.loads(params.text("upload_response", required=True))
    except ValueError:
        raise VkError(100, "upload_response is invalid") from None
    for key, upload in world.uploads.items():
        same = upload["kind"] == "product" and upload["answer"] == answer
        if same and upload["user_id"] == caller.token.user_id:
            if upload["bulk"] != bulk:
                raise VkError(100, "upload_response is invalid")
            group = world.community(caller, upload["group_id"], code=15)
            del world.uploads[key]
            return group, upload["photos"]
    raise VkError(121)


def _keep(world, group, uploaded: dict[str, Any], now: datetime) -> dict[str, Any]:
    photo_id = world.next_id("photo")
    if thumb := world.pictures.pop(uploaded["thumb"], None):
        world.pictures[str(photo_id)] = thumb
    row = {"id": photo_id, "date": int(now.timestamp()), "used_by": ""}
    row |= {name: uploaded[name] for name in ("width", "height", "sha")}
    return group.put("photos", photo_id, row)


def save_cover(world, caller, params: Params) -> list[dict[str, Any]]:
    group = _group(world, caller, params)
    given = {
        "server": params.integer("server", required=True),
        "photo": params.text("photo", required=True),
        "gid": group.id,
        "hash": params.text("hash", required=True),
    }
    for key, upload in world.uploads.items():
        if upload["kind"] == "album" and upload["answer"] == given:
            del world.uploads[key]
            return [photo_object(world, group, _keep(world, group, upload["photos"][0], caller.now))]
    raise VkError(121)


METHODS = {
    "market.getProductPhotoUploadServer": product_server,
    "market.saveProductPhoto": save_one,
    "market.saveProductPhotoBulk": save_bulk,
    "photos.getMarketAlbumUploadServer": album_server,
    "photos.saveMarketAlbumPhoto": save_cover,
}
