"""Albums of a market, called collections in VK's interface."""

from __future__ import annotations

from typing import Any

from sandbox.vk_errors import Params, VkError, wrong
from sandbox.vk_market import free_photo, living, new_position
from sandbox.vk_reads import photo_object, shelf


def _title(params: Params) -> str:
    title = params.text("title", required=True)
    if len(title) > 128:
        raise wrong("title", "should be no more than 128 letters length")
    return title


def _fields(world, group, params: Params, album_id: int) -> dict[str, Any]:
    fields: dict[str, Any] = {"title": _title(params)}
    for name, param in (("is_main", "main_album"), ("is_hidden", "is_hidden")):
        if param in params:
            fields[name] = params.flag(param)
    if photo_id := params.integer("photo_id"):
        free_photo(world, group, photo_id, f"album:{album_id}")
        fields["photo_id"] = photo_id
    return fields


def _put(group, row: dict[str, Any], now) -> None:
    if row["is_main"] and row["is_hidden"]:
        raise VkError(1446)
    if row["is_main"]:
        for other in list(group.albums.values()):
            if other["is_main"] and other["id"] != row["id"]:
                group.put("albums", other["id"], other | {"is_main": False}, now)
    group.put("albums", row["id"], row, now)
    if photo := group.photos.get(row["photo_id"]):
        group.put("photos", photo["id"], photo | {"used_by": f"album:{row['id']}"})


def add_album(world, caller, params: Params) -> dict[str, int]:
    """A new album each time, even of a title that is there already."""
    group = world.owner(caller, params)
    fields = _fields(world, group, params, 0)
    if 0 < world.switches["album_limit"] <= len(group.albums):
        raise VkError(1407)
    if fields.get("is_main") and fields.get("is_hidden"):
        raise VkError(1446)
    album_id = world.next_id("album")
    row = {"id": album_id, "is_main": False, "is_hidden": False, "photo_id": 0, "position": float(album_id)}
    row |= fields | {"updated_time": int(caller.now.timestamp())}
    _put(group, row, caller.now)
    return {"market_album_id": album_id, "albums_count": len(group.albums)}


def edit_album(world, caller, params: Params) -> int:
    group = world.owner(caller, params)
    row = _album(group, params)
    fields = _fields(world, group, params, row["id"])
    _put(group, row | fields | {"updated_time": int(caller.now.timestamp())}, caller.now)
    return 1


def delete_album(world, caller, params: Params) -> int:
    """The album goes, its items stay."""
    group = world.owner(caller, params)
    album_id = _album(group, params)["id"]
    for row in list(group.items.values()):
        if album_id in row["album_ids"]:
            rest = [one for one in row["album_ids"] if one != album_id]
            group.put("items", row["id"], row | {"album_ids": rest}, caller.now)
    group.drop("albums", album_id, caller.now)
    return 1


def _album(group, params: Params) -> dict[str, Any]:
    row = group.albums.get(params.integer("album_id", required=True))
    if row is None:
        raise VkError(1402)
    return row


def _known_albums(group, params: Params) -> list[int]:
    album_ids = params.integers("album_ids", required=True)
    if any(one not in group.albums for one in album_ids):
        raise VkError(1402)
    return list(dict.fromkeys(album_ids))


def add_to_album(world, caller, params: Params) -> int:
    """Puts items into albums; 1404 when every one of them lies there already."""
    group = world.owner(caller, params)
    album_ids = _known_albums(group, params)
    rows = []
    for item_id in dict.fromkeys(params.integers("item_ids", required=True)):
        row = group.items.get(item_id)
        if row is None or row["removed_at"] is not None:
            raise VkError(1403)
        rows.append(row)
    new = {row["id"]: [one for one in album_ids if one not in row["album_ids"]] for row in rows}
    if not any(new.values()):
        raise VkError(1404)
    most = world.switches["album_item_limit"]
    for album_id in album_ids:
        growth = sum(album_id in added for added in new.values())
        if most and growth and group.album_sizes[album_id] + growth > most:
            raise VkError(1406)
    for row in rows:
        if added := new[row["id"]]:
            group.put("items", row["id"], row | {"album_ids": [*row["album_ids"], *added]}, caller.now)
    return 1


def remove_from_album(world, caller, params: Params) -> int:
    """Takes an item out of albums; one that does not lie there is no error."""
    group = world.owner(caller, params)
    album_ids = _known_albums(group, params)
    row = living(group, params)
    rest = [one for one in row["album_ids"] if one not in album_ids]
    if rest != row["album_ids"]:
        group.put("items", row["id"], row | {"album_ids": rest}, caller.now)
    return 1


def album_object(world, group, row: dict[str, Any], count: int) -> dict[str, Any]:
    album: dict[str, Any] = {
        "id": row["id"],
        "owner_id": -group.id,
        "title": row["title"],
        "count": count,
        "is_main": row["is_main"],
        "is_hidden": row["is_hidden"],
        "updated_time": row["updated_time"],
        "type": 0,
    }
    if photo := group.photos.get(row["photo_id"]):
        album["photo"] = photo_object(world, group, photo)
    return album


def _objects(world, group, caller) -> list[dict[str, Any]]:
    """Albums as seen now, with the number of items that are not deleted, hidden ones counted."""
    items, albums = shelf(world, group, caller.now)
    sizes = group.album_sizes
    if items is not group.items:
        sizes = dict.fromkeys(albums, 0)
        for row in items.values():
            for album_id in row["album_ids"] if row["removed_at"] is None else ():
                sizes[album_id] = sizes.get(album_id, 0) + 1
    rows = sorted(albums.values(), key=lambda row: -row["position"])
    return [album_object(world, group, row, sizes[row["id"]]) for row in rows]


def get_albums(world, caller, params: Params) -> dict[str, Any]:
    group = world.owner(caller, params, write=False)
    albums = _objects(world, group, caller)
    if not group.level(caller.token.user_id):
        albums = [one for one in albums if not one["is_hidden"]]
    if world.switches["album_empty_hidden"]:
        albums = [one for one in albums if one["count"]]
    offset, count = params.integer("offset"), params.integer("count", 50, most=100)
    return {"count": len(albums), "items": albums[offset : offset + count]}


def get_album_by_id(world, caller, params: Params) -> dict[str, Any]:
    """Albums by id, unknown ones left out, empty ones shown."""
    group = world.owner(caller, params, write=False)
    wanted = set(params.integers("album_ids", required=True))
    found = [one for one in _objects(world, group, caller) if one["id"] in wanted]
    return {"count": len(found), "items": found}


def reorder_albums(world, caller, params: Params) -> int:
    group = world.owner(caller, params)
    row = _album(group, params)
    position = new_position(params, group.albums, lambda _other: True, 1402)
    group.put("albums", row["id"], row | {"position": position}, caller.now)
    return 1


METHODS = {
    "market.addAlbum": add_album,
    "market.editAlbum": edit_album,
    "market.deleteAlbum": delete_album,
    "market.addToAlbum": add_to_album,
    "market.removeFromAlbum": remove_from_album,
    "market.getAlbums": get_albums,
    "market.getAlbumById": get_album_by_id,
    "market.reorderAlbums": reorder_albums,
}
