"""The sandbox's VK answers in the shapes that VK has published."""

import re

import pytest

from sandbox import seed
from sandbox.vk import METHODS
from sandbox.vk_access import FOR_COMMUNITIES
from sandbox.vk_errors import MESSAGES, as_text
from tests.sandbox.conftest import GROUP, OWNER, clock, desk, picture, vk

__all__ = ["clock", "desk", "vk"]

# What the sandbox answers beyond the schema, and why it stays.
BEYOND = {
    r"\.orig_photo": "every photo that VK sends has it, by the models of its own Android application too",
    r"items\[\]\.(weight|dimensions)": "VK returns them, the schema lacks them",
    r"items\[\]\.reject_info": "told of refused items, in the documentation and not in the schema",
}


def beyond(error: str) -> bool:
    return error.endswith("unknown field") and any(re.search(known + ":", error) for known in BEYOND)


def beyond_limits(parameter: dict):
    """A value just past each limit that is published of a parameter."""
    if "maximum" in parameter:
        yield str(parameter["maximum"] + 1)
    if "minimum" in parameter:
        yield str(parameter["minimum"] - 1)
    if "maxLength" in parameter:
        yield "я" * (parameter["maxLength"] + 1)
    if parameter.get("minLength", 0) > 1:
        yield "я" * (parameter["minLength"] - 1)
    if "maxItems" in parameter:
        yield ",".join(str(number) for number in range(1, parameter["maxItems"] + 2))
    if "enum" in parameter:
        yield "something else"
    if parameter.get("type") == "integer":
        yield "many"


@pytest.fixture
def told(vk, schema):
    """Ask the sandbox, and hold its answer against the schema; what is past a limit must be refused at the same
    place."""
    asked = set()

    def ask(method: str, **params):
        if method not in asked:
            for parameter in schema.methods[method].get("parameters", []):
                for value in beyond_limits(parameter):
                    given = params | {parameter["name"]: value}
                    assert vk.code(method, **given) == 100, f"{method}: {parameter['name']}={value}"
        asked.add(method)
        form = {name: as_text(value) for name, value in params.items()}
        assert schema.wrong_request(method, form, "user" if vk.token == seed.VK_TOKEN else "group") == []
        answer = vk(method, **params)
        assert [error for error in schema.wrong_answer(method, params, answer) if not beyond(error)] == []
        return answer

    ask.asked = asked
    return ask


def test_every_method_answers_as_published(told, vk):
    vk.world.switches["extended_market"] = True
    category = vk.world.categories.find("Чай, кофе и какао")
    fields = {"owner_id": OWNER, "name": "Чай чёрный «Ассам»", "description": "Листовой, 100 г", "price": "245.50"}
    fields |= {"category_id": category, "old_price": 300, "sku": "ES0123456789", "url": "https://shop.ru/tea"}
    size = {"weight": 100, "dimension_width": 5, "dimension_height": 10, "dimension_length": 5}

    colour = told("market.addProperty", group_id=GROUP, title="Цвет")["property_id"]
    variants = [
        told("market.addPropertyVariant", group_id=GROUP, property_id=colour, title=title)["variant_id"]
        for title in ("Красный", "Синий")
    ]
    told("market.getProperties", group_id=GROUP)
    items = [
        told(
            "market.add",
            **fields,
            **size,
            main_photo_id=photo(told, vk),
            photo_ids=photo(told, vk),
            variant_ids=variant,
        )
        for variant in variants
    ]
    ids = [item["market_item_id"] for item in items]
    grouped = told("market.groupItems", group_id=GROUP, item_ids=",".join(map(str, ids)))["item_group_id"]
    album = told("market.addAlbum", owner_id=OWNER, title="Чай", photo_id=photo(told, vk))["market_album_id"]
    other = told("market.addAlbum", owner_id=OWNER, title="Кофе", photo_id=cover(told, vk))["market_album_id"]
    told("market.editAlbum", owner_id=OWNER, album_id=album, title="Чай и травы", main_album=1)
    told("market.addToAlbum", owner_id=OWNER, item_ids=",".join(map(str, ids)), album_ids=album)
    told("market.edit", owner_id=OWNER, item_id=ids[0], price="0.29", stock_amount=0, **size)
    for extended in (0, 1):
        told("market.get", owner_id=OWNER, extended=extended, with_disabled=1, need_variants=1)
        told("market.getById", item_ids=f"{OWNER}_{ids[0]},{OWNER}_{ids[1]}", extended=extended)
        told("market.search", owner_id=OWNER, extended=extended, status="0,2", need_variants=1)
        told("groups.get", filter="admin,editor", extended=extended, fields="market")
    told("market.getAlbums", owner_id=OWNER)
    told("market.getAlbumById", owner_id=OWNER, album_ids=f"{album},{other}")
    told("market.reorderItems", owner_id=OWNER, item_id=ids[0], album_id=0, after=ids[1])
    told("market.reorderAlbums", owner_id=OWNER, album_id=other, after=album)
    told("market.removeFromAlbum", owner_id=OWNER, item_id=ids[0], album_ids=album)
    told("market.ungroupItems", group_id=GROUP, item_group_id=grouped)
    told("market.deleteAlbum", owner_id=OWNER, album_id=album)
    told("market.delete", owner_id=OWNER, item_id=ids[0])
    told("market.restore", owner_id=OWNER, item_id=ids[0])
    told("market.getCategories", group_id=GROUP)
    told("market.filterCategories", category_id=0, query="чай")
    told("groups.getById", group_ids=str(GROUP), fields="market")
    told("groups.toggleMarket", group_id=GROUP, state="none")
    told("groups.getById", group_id=GROUP, fields="market")
    told("users.get", user_ids=str(seed.VK_USER_ID))
    vk.world.add_token("of-the-community", kind="community", group_id=GROUP, scopes=["manage", "photos"])
    vk.token = "of-the-community"
    told("groups.getTokenPermissions")
    assert told.asked == set(METHODS)


def photo(told, vk) -> int:
    """A photo, saved the other way each time: singly, in bulk."""
    bulk = len(vk.world.groups[GROUP].photos) % 2
    url = told("market.getProductPhotoUploadServer", group_id=GROUP, bulk=bulk)["upload_url"]
    answer = vk.upload(url, picture())
    if bulk:
        return told("market.saveProductPhotoBulk", upload_response=answer)[0]["photo_id"]
    return told("market.saveProductPhoto", upload_response=answer)["photo_id"]


def cover(told, vk) -> int:
    url = told("photos.getMarketAlbumUploadServer", group_id=GROUP)["upload_url"]
    answer = {name: value for name, value in vk.upload(url, picture(1280, 720)).items() if name != "gid"}
    return told("photos.saveMarketAlbumPhoto", group_id=GROUP, **answer)[0]["id"]


def test_a_refused_item_and_a_bulk_without_sizes_too(told, vk):
    vk.world.switches |= {"moderation": "*", "bulk_sizes": False}
    url = told("market.getProductPhotoUploadServer", group_id=GROUP, bulk=1)["upload_url"]
    told("market.saveProductPhotoBulk", upload_response=vk.upload(url, picture(), picture(500, 501)))
    vk.add()
    assert "reject_info" in told("market.get", owner_id=OWNER, with_disabled=1)["items"][0]


def test_an_empty_market_answers_as_published(told, vk):
    for extended in (0, 1):
        told("market.get", owner_id=OWNER, extended=extended)
        told("market.getById", item_ids=f"{OWNER}_1", extended=extended)
        told("market.search", owner_id=OWNER, extended=extended)
    told("market.getAlbums", owner_id=OWNER)


def test_methods_demand_what_they_are_published_to_demand(vk, schema):
    """Without a required parameter each refuses."""
    vk.world.switches["extended_market"] = True
    for name in sorted(METHODS):
        required = [one["name"] for one in schema.methods[name].get("parameters", []) if one.get("required")]
        if required:
            assert vk.code(name) in (100, 15), name


def test_errors_have_vks_codes_words_and_shape(vk, schema):
    published = {error["code"]: error["description"] for error in schema.errors.values()}
    assert MESSAGES.items() <= published.items()
    refused = vk.raw("market.delete", owner_id=OWNER, item_id=1)["error"]
    # The schema asks for a mark of its own generator in an error, which no error of VK carries.
    refused |= {"inner_type": "base_error"}
    assert schema.wrong_object(refused, "base/objects.json", "base_error") == []


def test_methods_are_open_to_the_tokens_that_vk_names(schema):
    assert FOR_COMMUNITIES - {"execute"} == {
        name for name in METHODS if "group" in schema.methods[name]["access_token_type"]
    }
