"""VK's error codes with the words of its schema, and the reading of parameters."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

MESSAGES = {
    1: "Unknown error occurred",
    3: "Unknown method passed",
    5: "User authorization failed",
    6: "Too many requests per second",
    7: "Permission to perform this action is denied",
    8: "Invalid request",
    9: "Flood control",
    10: "Internal server error",
    12: "Unable to compile code",
    13: "Runtime error occurred during code invocation",
    14: "Captcha needed",
    15: "Access denied",
    17: "Validation required",
    18: "User was deleted or banned",
    22: "Upload error",
    24: "Confirmation required",
    25: "Token confirmation required",
    27: "Group authorization failed",
    28: "Application authorization failed",
    29: "Rate limit reached",
    36: "Method execution was interrupted due to timeout",
    37: "User was banned",
    40: "Unknown group",
    43: "This section is temporary unavailable",
    100: "One of the parameters specified was missing or invalid",
    105: "Couldn't save file",
    121: "Invalid hash",
    129: "Invalid photo",
    205: "Access denied",
    1400: "Too late for restore",
    1402: "Album not found",
    1403: "Item not found",
    1404: "Item already added to album",
    1405: "Too many items",
    1406: "Too many items in album",
    1407: "Too many albums",
    1408: "Item has bad links in description",
    1409: "Extended market not enabled",
    1410: "Variants not enabled",
    1416: "Variant not found",
    1417: "Property not found",
    1419: "Max variant limit exceeded",
    1421: "Name too long",
    1425: "Grouping must have two or more items",
    1426: "Item must have distinct properties",
    1429: "Specify width, length, height and weight all together",
    1431: "Market was already enabled in this group",
    1432: "Market was already disabled in this group",
    1438: "Market not enabled",
    1446: "Main album can not be hidden",
    1518: "Item is not deleted",
    1525: "Market is disabled",
}


class VkError(Exception):
    """A refusal: error_code, error_msg, and what else VK puts beside them."""

    def __init__(self, code: int, detail: str = "", **extra: Any):
        message = MESSAGES.get(code, "Unknown error occurred")
        self.code = code
        self.message = f"{message}: {detail}" if detail else message
        self.extra = extra
        super().__init__(code, self.message)


def injected(code: int, message: str | None) -> VkError:
    """The error that a fault asks for; a captcha comes with its address, as VK sends it now."""
    error = VkError(code)
    if message:
        error.message = message
    if code == 14:
        session = "sandbox-captcha-session"
        error.extra = {
            "redirect_uri": f"https://id.vk.ru/not_robot_captcha?domain=vk.com&session_token={session}",
            "remixstlid": session,
        }
    return error


def wrong(name: str, detail: str = "is invalid") -> VkError:
    """Error 100 that names the field."""
    return VkError(100, f"{name} {detail}")


def vk_length(text: str) -> int:
    """Characters as VK counts them: in cp1251, what is not there grows to a numeric reference."""
    return sum(1 if _in_cp1251(char) else len(f"&#{ord(char)};") for char in text)


def _in_cp1251(char: str) -> bool:
    try:
        char.encode("cp1251")
    except UnicodeEncodeError:
        return False
    return True


def as_text(value: Any) -> str:
    """A parameter the way a form would carry it: an execute passes JSON values."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if value is None:
        return ""
    if isinstance(value, list):
        return ",".join(as_text(one) for one in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


class Params:
    """Parameters of one call, read by name with VK's limits; what breaks one is error 100 with the name."""

    def __init__(self, raw: dict[str, Any]):
        self.raw = {name: as_text(value) for name, value in raw.items()}

    def __contains__(self, name: str) -> bool:
        return name in self.raw

    def text(self, name: str, *, required: bool = False) -> str:
        value = self.raw.get(name, "")
        if required and not value.strip():
            raise wrong(name, "is undefined")
        return value

    def integer(
        self, name: str, default: int = 0, *, least: int = 0, most: int | None = None, required: bool = False
    ) -> int:
        value = self.raw.get(name, "").strip()
        if not value:
            if required:
                raise wrong(name, "is undefined")
            return default
        try:
            number = int(value)
        except ValueError:
            raise wrong(name, "not integer") from None
        if number < least:
            raise wrong(name, f"should be greater or equal to {least}")
        if most is not None and number > most:
            raise wrong(name, f"should be less or equal to {most}")
        return number

    def flag(self, name: str) -> bool:
        return self.raw.get(name, "").strip().lower() in ("1", "true")

    def integers(self, name: str, *, most: int | None = None, required: bool = False) -> list[int]:
        value = self.raw.get(name, "").strip()
        if not value:
            if required:
                raise wrong(name, "is undefined")
            return []
        try:
            numbers = [int(part) for part in value.split(",") if part.strip()]
        except ValueError:
            raise wrong(name, "not integer") from None
        if most is not None and len(numbers) > most:
            raise wrong(name, f"should contain at most {most} elements")
        return numbers

    def hundredths(self, name: str, *, most: int = 999_999_999_999) -> int | None:
        """A price in whole units with decimals, as hundredths; None when it is not given."""
        value = self.raw.get(name, "").strip()
        if not value:
            return None
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise wrong(name, "not a number") from None
        if not number.is_finite() or not 0 <= number <= most:
            raise wrong(name, f"should be between 0 and {most}")
        return int((number * 100).quantize(Decimal(1), rounding="ROUND_HALF_UP"))
