"""An item: one thing on the showcase, in the terms that the till and VK share."""

import hashlib
from dataclasses import dataclass, fields
from decimal import Decimal
from operator import attrgetter
from typing import Any


@dataclass(frozen=True, slots=True)
class Item:
    """What a buyer shall see. Equality is the comparison.

    `price` is in roubles with kopecks, `stock` in whole pieces (-1: not tracked, 0: sold out), `photo` names
    what the picture is made from (not VK's id), `album` is the row of the AlbumListing, None for no album.
    """

    name: str
    description: str
    price: Decimal
    category_id: int
    stock: int = -1
    visible: bool = True
    photo: str = ""
    album: int | None = None
    # Carries our mark. Only an item that a person had EvoSync take over may lack it.
    marked: bool = True

    def to_json(self) -> dict:
        """As columns of JSON keep it: plain values, the price as text, so that no kopeck is lost."""
        return {name: getattr(self, name) for name in FIELD_NAMES} | {"price": str(self.price)}

    @classmethod
    def from_json(cls, data: Any) -> "Item":
        """Of what `to_json` made, by this version or an older one: a field that it lacks has its default."""
        return cls(**{name: data[name] for name in FIELD_NAMES if name in data} | {"price": Decimal(data["price"])})

    def digest(self) -> str:
        """The same for equal items: what an approval is bound to."""
        # Not of its JSON, which costs ten times as much: digests are asked for by the hundred thousand.
        said = "\0".join(map(str, _VALUES(self)))
        return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


FIELD_NAMES = tuple(field.name for field in fields(Item))
# A buyer does not see the mark.
_VALUES = attrgetter(*(name for name in FIELD_NAMES if name != "marked"))
