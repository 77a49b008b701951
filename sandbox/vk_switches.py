"""The switches of VK's imitation and what they start as."""

from __future__ import annotations

from typing import Any

SWITCHES: dict[str, Any] = {
    # Unverified points of the real API: a product must live with either answer.
    "photo_single_use": True,
    "bulk_sizes": True,
    "read_delay_seconds": 0,
    "escape_text": False,
    "stock_zero_hidden": True,
    "album_empty_hidden": False,
    "name_in_cp1251": True,
    "noop_edit_is_error": True,
    "unknown_group_is_error": True,
    "version_missing_code": 8,
    # Limits; 0 is none.
    "rate_limit": True,
    "rate_per_second": 3,
    "rate_per_second_community": 20,
    "execute_bytes": 0,
    "item_limit": 15_000,
    "album_limit": 1_000,
    "album_item_limit": 15_000,
    "adds_per_hour": 0,
    "adds_per_day": 0,
    "adds_over_code": 29,
    "restore_window_seconds": 600,
    # Modes of the whole imitation.
    "extended_market": False,
    "moderation": "",
    "moderation_delay_seconds": 0,
}
