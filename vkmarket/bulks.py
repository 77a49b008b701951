"""Whose picture is which in VK's answer to a bulk upload: told by its size alone, and only beyond doubt. Pure.

VK promises no order of what a bulk comes back as, and a good with the picture of another is worse than none.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

Size = tuple[int, int]
# Where a photo tells the sizes of its copies, and where that of what was uploaded.
COPIES, ORIGINAL = ("sizes", "images"), "orig_photo"


def matched(answer: Any, sizes: Iterable[Size]) -> dict[Size, int] | None:
    """The photo id of each size that was sent, from VK's answer to `saveProductPhotoBulk`.

    None if anything is in doubt: another count, a size that is not ours or not told, the same size or id twice.
    """
    wanted = list(sizes)
    if not isinstance(answer, list) or len(answer) != len(wanted):
        return None
    found: dict[Size, int] = {}
    for one in answer:
        photo_id = one.get("photo_id") if isinstance(one, Mapping) else None
        photo = one.get("photo") if isinstance(one, Mapping) else None
        if not _is_count(photo_id) or not isinstance(photo, Mapping) or photo.get("id", photo_id) != photo_id:
            return None
        size = size_of(photo)
        if size is None or size in found:
            return None
        found[size] = photo_id
    # Sets of equal length: each size that was sent came back exactly once.
    if len(set(found.values())) != len(wanted) or found.keys() != set(wanted):
        return None
    return found


def size_of(photo: Mapping[str, Any]) -> Size | None:
    """Width and height of what was uploaded: the largest copy, and the original where VK tells it. None if the two
    disagree or nothing is told."""
    boxes: list[Size | None] = []
    for name in COPIES:
        told = photo.get(name) or []
        if not isinstance(told, list):
            return None
        boxes += [_box(copy) for copy in told]
    originals = [_box(photo[ORIGINAL])] if photo.get(ORIGINAL) else []
    if photo.get("width") or photo.get("height"):
        originals.append(_box(photo))
    told_sizes = [box for box in (*boxes, *originals) if box]
    if not told_sizes or len(told_sizes) < len(boxes) + len(originals):
        return None
    largest = max(told_sizes, key=lambda box: box[0] * box[1])
    return None if any(box != largest for box in originals) else largest


def _box(told: Any) -> Size | None:
    if not isinstance(told, Mapping):
        return None
    width, height = told.get("width"), told.get("height")
    return (width, height) if _is_count(width) and _is_count(height) else None


def _is_count(value: Any) -> TypeGuard[int]:
    return type(value) is int and value > 0
