"""Reading request bodies: urlencoded and multipart forms."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from sandbox.calls import Upload


def parse_form(content_type: str, body: bytes) -> tuple[dict[str, str], list[Upload]]:
    """Fields and files of a form; a body of another kind has neither."""
    media = content_type.partition(";")[0].strip().lower()
    if media == "application/x-www-form-urlencoded":
        text = body.decode("utf-8", "replace")
        return dict(parse_qsl(text, keep_blank_values=True)), []
    if media == "multipart/form-data":
        found = re.search(r'boundary="?([^";]+)"?', content_type)
        if found:
            return _multipart(found[1].encode(), body)
    return {}, []


def _multipart(boundary: bytes, body: bytes) -> tuple[dict[str, str], list[Upload]]:
    fields: dict[str, str] = {}
    files: list[Upload] = []
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        head, found, data = part.partition(b"\r\n\r\n")
        if not found:
            continue
        headers = head.decode("utf-8", "replace")
        name = re.search(r'[; ]name="([^"]*)"', headers)
        if not name:
            continue
        filename = re.search(r'filename\*?="?([^"\r\n]*)"?', headers)
        if filename:
            files.append(Upload(name[1], filename[1], data))
        else:
            fields[name[1]] = data.decode("utf-8", "replace")
    return fields, files
