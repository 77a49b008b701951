"""Every kind of call that the main job makes of VK, and how a gate of the sandbox knows it on the second day."""

# By kind: the method, then what it is known by among calls of that method. Parameters end in ~ where a part tells.
WRITES = {
    "album renamed": ("market.editAlbum", {}),
    "hidden": ("market.edit", {"deleted": "1"}),
    "priced": ("market.edit", {"price": "135.00"}),
    "shown again": ("market.edit", {"deleted": "0"}),
    "texts": ("market.edit", {"name~": "обдирная"}),
    "deleted": ("market.delete", {}),
    "place for a picture": ("market.getProductPhotoUploadServer", {}),
    "picture": ("upload", {}),
    "picture saved": ("market.saveProductPhoto", {}),
    "added": ("market.add", {}),
    "album made": ("market.addAlbum", {}),
    "picture changed": ("market.edit", {"main_photo_id~": "457"}),
    "out of an album": ("market.removeFromAlbum", {}),
    "into an album": ("market.addToAlbum", {}),
}
# What changes nothing: held once it is done, before its answer is on the way.
READS = {
    "till": ("evotor", "GET /stores/{store}/products", {}),
    "goods": ("vk", "market.get", {}),
    "albums": ("vk", "market.getAlbums", {}),
    "read back": ("vk", "market.getById", {}),
}


def gates() -> dict[str, dict]:
    """A gate for each moment, by its name."""
    found = {f"{kind}, read": {"api": api, "method": method, "when": "after", "match": match}
             for kind, (api, method, match) in READS.items()}  # fmt: skip
    for kind, (method, match) in WRITES.items():
        for when in ("before", "after"):
            found[f"{kind}, {when}"] = {"api": "vk", "method": method, "when": when, "match": match}
    return found


GATES = gates()


def met(entry: dict) -> set[str]:
    """The kinds that a call in the journal is of."""
    kinds = {kind: ("vk", method, match) for kind, (method, match) in WRITES.items()} | READS
    return {
        kind
        for kind, (api, method, match) in kinds.items()
        if (entry["api"], entry["method"]) == (api, method)
        and all(_fits(entry["params"].get(name.removesuffix("~"), ""), name, part) for name, part in match.items())
    }


def _fits(value: object, name: str, wanted: str) -> bool:
    return wanted in str(value) if name.endswith("~") else wanted == str(value)
