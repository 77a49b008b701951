"""What must not be read back from a log, an error page or the admin: tokens, keys, passwords."""

import re
from collections.abc import Mapping

MASK = "***"

WORDS = (
    r"token|secret|passw(?:or)?d|passphrase|api[-_]?key|(?:encryption|private)[-_]?key|authorization|cookie|sessionid"
)
SECRET_NAME = re.compile(WORDS, re.IGNORECASE)

# `name=value`, `"name": "value"`, `name = 'value'` in any text: source lines and locals of a traceback, JSON, headers,
# query strings. A value is quoted, or quoted inside a quoted text (\"…\"), or a scheme and a word, or a word.
NAMED = re.compile(
    rf"""
    (?P<before> (?:{WORDS}) [\w-]* \\*["']? \s* [=:] \s* )
    (?: [bru]? "(?:[^"\\]|\\.)*"
      | [bru]? '(?:[^'\\]|\\.)*'
      | (?P<quote> \\+["'] ) .*? (?P=quote)
      | [\[({{] [^\])}}]* [\])}}]?
      | (?: bearer | basic | digest | token ) \s+ [^\s"',;)}}\]]+
      | [bru]? \\*["']? [^\s"'&,;)}}\]]+
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)
COOKIES = re.compile(r"(?P<before>\b(?:set-)?cookie: )[^\n]*", re.IGNORECASE)
BEARER = re.compile(r"""(?P<before>\bbearer\s+)[^\s"',;)}\]]+""", re.IGNORECASE)
# What a sign-in hands back in an address: worth an account for some minutes.
IN_QUERY = re.compile(r"""(?P<before>[?&](?:code|state|device_id|code_verifier|sig|key|payload)=)[^&\s"'#]*""")
IN_URL = re.compile(r"(?P<before>://[^\s:/@]*:)[^\s/@]+(?=@)")
# VK's own mark of a token, wherever it stands.
VK_TOKEN = re.compile(r"(?P<before>\bvk\d\.\w\.)[\w-]+")
PATTERNS = (COOKIES, NAMED, BEARER, IN_QUERY, IN_URL, VK_TOKEN)


def redact(text: str) -> str:
    """The text with every value that looks like a secret masked."""
    for pattern in PATTERNS:
        text = pattern.sub(rf"\g<before>{MASK}", text)
    return text


def is_secret_name(name: object) -> bool:
    text = name.decode(errors="replace") if isinstance(name, bytes) else name
    return isinstance(text, str) and bool(SECRET_NAME.search(text))


def clean(value: object, depth: int = 6) -> object:
    """A value fit for a log line: containers looked through, anything unknown as its redacted text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, bytes | bytearray):
        return redact(bytes(value).decode(errors="replace"))
    if depth and isinstance(value, Mapping):
        return {clean(name): masked(name, inner, depth - 1) for name, inner in value.items()}
    if depth and isinstance(value, tuple) and len(value) == 2 and is_secret_name(value[0]):
        return (value[0], masked(*value))
    if depth and isinstance(value, list | tuple | set | frozenset):
        return [clean(inner, depth - 1) for inner in value]
    return redact(text_of(value))


def text_of(value: object) -> str:
    """What the renderer would have made of it; a report of a failure must not fail by itself."""
    try:
        return str(value) if isinstance(value, BaseException) else repr(value)
    except Exception:
        return f"<{type(value).__name__}>"


def masked(name: object, value: object, depth: int = 6) -> object:
    """`clean`, but nothing at all of a value whose name says that it is a secret."""
    if is_secret_name(name) and value is not None and not isinstance(value, bool):
        return MASK if value else value
    return clean(value, depth)
