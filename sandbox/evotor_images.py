"""Images of products: PNG of exactly 300x300, one a product."""

from __future__ import annotations

import hashlib
import io
from functools import cache
from typing import Any

from PIL import Image, ImageDraw

from sandbox.evotor_reads import one
from sandbox.evotor_shapes import Answer, Refused, Request, Route, invalid, new_uuid, stamp

SIDE = 300
MOST_BYTES = 5_242_880


def put(world, store_id: str, product_id: str, data: bytes, now) -> dict[str, Any]:
    """Keep a picture of a product in place of the one before."""
    image_id = new_uuid()
    row = {
        "id": image_id,
        "product_id": product_id,
        "store_id": store_id,
        "user_id": world.stores[store_id]["user_id"],
        "meta": {"width": SIDE, "height": SIDE, "size": len(data), "content_type": "image/png"},
        "created_at": stamp(now),
        "updated_at": stamp(now),
    }
    shelf = world.shelves[store_id]
    if old := shelf.images.get(product_id):
        world.pictures.pop(old["id"], None)
    shelf.images[product_id] = row
    world.pictures[image_id] = data
    return row


@cache
def draw(seed: str) -> bytes:
    """A made-up picture of goods: two coloured shapes that depend on the name alone."""
    digest = hashlib.blake2b(seed.encode(), digest_size=6).digest()
    picture = Image.new("RGB", (SIDE, SIDE), (245, 242, 236))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((70, 60, 230, 270), 24, fill=tuple(digest[:3]))
    pen.ellipse((100, 110, 200, 210), fill=tuple(255 - one // 2 for one in digest[3:]))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _shown(world, row: dict[str, Any]) -> dict[str, Any]:
    return row | {"url": f"{world.base_url}/images/{row['id']}.png"}


def images(world, request: Request) -> Answer:
    product = one(world.shelves[request.store].products, request, "product")
    row = world.shelves[request.store].images.get(product["id"])
    return Answer(200, {"items": [_shown(world, row)] if row else [], "paging": {}})


def image(world, request: Request) -> Answer:
    return Answer(200, _shown(world, _named(world, request)))


def _named(world, request: Request) -> dict[str, Any]:
    row = world.shelves[request.store].images.get(request.path["product"])
    if row is None or row["id"] != request.path["image"]:
        raise Refused(404)
    return row


def post(world, request: Request) -> Answer:
    product = one(world.shelves[request.store].products, request, "product")
    files = request.params.get("files") or []
    if len(files) != 1:
        raise invalid("one file expected", ("file", "missing"))
    data = files[0].data
    if len(data) > MOST_BYTES:
        raise Refused(413)
    try:
        picture = Image.open(io.BytesIO(data))
        picture.load()
    # Pillow raises many kinds for a broken file.
    except Exception:
        raise invalid("not a picture", ("file", "invalid")) from None
    if picture.format != "PNG" or picture.size != (SIDE, SIDE):
        raise invalid(f"PNG of {SIDE}x{SIDE} expected", ("file", "invalid"))
    if product["id"] in world.shelves[request.store].images:
        raise invalid("the product has an image", ("file", "too many"))
    return Answer(201, _shown(world, put(world, request.store, product["id"], data, request.now)))


def delete(world, request: Request) -> Answer:
    row = _named(world, request)
    del world.shelves[request.store].images[row["product_id"]]
    world.pictures.pop(row["id"], None)
    return Answer(204)


IMAGES = "/stores/{store}/products/{product}/images"
ROUTES = [
    Route("GET", IMAGES, "product-image:read", images),
    Route("GET", IMAGES + "/{image}", "product-image:read", image),
    Route("POST", IMAGES, "product-image:write", post),
    Route("DELETE", IMAGES + "/{image}", "product-image:write", delete),
]
