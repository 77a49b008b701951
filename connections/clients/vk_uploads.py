"""Pictures to VK's upload hosts, which are not its API: no token, no pace, answers of their own."""

from __future__ import annotations

from collections.abc import Mapping

from . import errors
from .http import Http


def send_files(http: Http, url: str, files: Mapping[str, bytes], *, secret: str = "") -> str:
    """POST pictures (field name -> bytes) to an upload address -> the host's raw answer, once it is one.

    Raises UploadError; `secret` is blotted out of the host's words.
    """
    parts = {name: _part(name, content) for name, content in files.items()}
    if not url.startswith(("http://", "https://")):
        raise errors.UploadError(None, "the upload address is no web address", "upload")
    try:
        reply = http.request("POST", url, files=parts, label="upload")
    except errors.ApiError as error:
        raise errors.UploadError(None, error.message, "upload") from None
    text = reply.body.decode("utf-8", "replace")
    try:
        answer = reply.json()
    except ValueError:
        answer = None
    if reply.status != 200 or not isinstance(answer, dict | list):
        raise errors.UploadError(reply.status, "the upload host did not answer with JSON", "upload")
    if isinstance(answer, dict) and answer.get("error"):
        raise errors.UploadError(None, errors.redact(answer["error"], secret), "upload")
    return text


def _part(name: str, content: bytes) -> tuple[str, bytes, str]:
    """A file of a form. The host looks at the bytes; name and type only have to agree with them."""
    for start, extension, kind in ((b"\x89PNG", "png", "image/png"), (b"GIF8", "gif", "image/gif")):
        if content.startswith(start):
            return f"{name}.{extension}", content, kind
    return f"{name}.jpg", content, "image/jpeg"
