"""Doors into VK's world past its API: what the merchant does there by hand, and what a visitor sees."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox import vk_market, vk_reads
from sandbox.vk_state import Community, Token
from sandbox.worldly import World


class VkDoors(World):
    """Part of `VkWorld`."""

    groups: dict[int, Community]
    tokens: dict[str, Token]

    def items(self, group_id: int, removed: bool = False) -> list[dict[str, Any]]:
        """Raw rows of a community's goods, oldest first; deleted ones only when asked for."""
        with self.lock:
            return [row for row in self.groups[group_id].items.values() if removed or row["removed_at"] is None]

    def visible_items(self, group_id: int) -> list[dict[str, Any]]:
        """What a visitor sees, as API objects with albums and photos, newest first."""
        now = self.now()
        with self.lock:
            group = self.groups[group_id]
            return [
                vk_reads.item_object(self, group, row, now, extended=True) for row in vk_reads.listing(self, group, now)
            ]

    def add_foreign_item(self, group_id: int, name: str = "Подарочный сертификат", **fields: Any) -> int:
        """An item that the merchant makes by hand in VK; gives its id.

        Fields are those of a raw row: description, category_id, price (hundredths), sku, stock_amount, album_ids…
        """
        with self.lock:
            item_id = vk_market.make(self, self.groups[group_id], self.now(), name=name, **fields)
            self.changed("by hand")
        return item_id

    def edit_by_hand(self, group_id: int, item_id: int, **fields: Any) -> None:
        """Change fields of a raw row as the merchant would in VK: name, description, price (hundredths)…"""
        with self.lock:
            group = self.groups[group_id]
            unknown = fields.keys() - group.items[item_id].keys()
            if unknown:
                raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
            group.put("items", item_id, group.items[item_id] | fields, self.now())
            self.changed("by hand")

    def delete_by_hand(self, group_id: int, item_id: int) -> None:
        with self.lock:
            group = self.groups[group_id]
            row = group.items[item_id] | {"removed_at": self.now().timestamp()}
            group.put("items", item_id, row, self.now())
            self.changed("by hand")

    def albums(self, group_id: int) -> list[dict[str, Any]]:
        """Raw rows of a community's albums."""
        with self.lock:
            return list(self.groups[group_id].albums.values())

    def add_token(self, token: str, **fields: Any) -> None:
        """Issue a token: kind, user_id, group_id, scopes, expires_at (aware datetime or ISO text)."""
        expires_at = fields.get("expires_at")
        if isinstance(expires_at, datetime):
            fields["expires_at"] = expires_at.astimezone(UTC).isoformat()
        with self.lock:
            self.tokens[token] = Token(**fields)
            self.changed("by hand")
