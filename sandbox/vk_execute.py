"""VKScript as far as it is used here: `return [API.a.b({...}), ...];` or `return API.a.b({...});`."""

from __future__ import annotations

import re
from typing import Any

MOST_CALLS = 25

_SPACE = re.compile(r"\s*")
_NAME = re.compile(r"API\.([A-Za-z]+\.[A-Za-z]+)\s*\(")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_KEY = re.compile(r"[A-Za-z_]\w*")
_PLAIN = re.compile(r"[^\"'\\]+")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "/": "/", "\\": "\\", '"': '"', "'": "'"}
_WORDS = {"true": True, "false": False, "null": None}
DEEPEST = 20


class CompileError(Exception):
    """The code is not of the known form; says where."""


def parse(code: str) -> tuple[list[tuple[str, dict[str, Any]]], bool]:
    """The calls in order, and whether they stood in a list. Numbers stay as they were written."""
    return _Parser(code).program()


class _Parser:
    def __init__(self, code: str):
        self.code = code
        self.at = 0

    def program(self) -> tuple[list[tuple[str, dict[str, Any]]], bool]:
        self._skip()
        if not self.code.startswith("return", self.at):
            raise self._bad("return")
        self.at += len("return")
        many = self._accept("[")
        calls = []
        if not many:
            calls.append(self._call())
        elif not self._accept("]"):
            calls.append(self._call())
            while self._accept(","):
                calls.append(self._call())
            self._expect("]")
        self._expect(";")
        self._skip()
        if self.at != len(self.code):
            raise self._bad("the end")
        return calls, many

    def _call(self) -> tuple[str, dict[str, Any]]:
        self._skip()
        found = _NAME.match(self.code, self.at)
        if not found:
            raise self._bad("API.section.method(")
        self.at = found.end()
        params: dict[str, Any] = {}
        if not self._accept(")"):
            params = self._object(0)
            self._expect(")")
        return found[1], params

    def _object(self, depth: int) -> dict[str, Any]:
        self._expect("{")
        found: dict[str, Any] = {}
        if self._accept("}"):
            return found
        while True:
            self._skip()
            key = self._string() if self.code.startswith(("'", '"'), self.at) else self._pattern(_KEY, "a key")
            self._expect(":")
            found[key] = self._value(depth + 1)
            if not self._accept(","):
                break
        self._expect("}")
        return found

    def _value(self, depth: int) -> Any:
        if depth > DEEPEST:
            raise self._bad("less nesting")
        self._skip()
        first = self._peek()
        if first == "{":
            return self._object(depth)
        if first == "[":
            self.at += 1
            return self._items(depth)
        if first and first in "\"'":
            return self._string()
        if first == "-" or first.isdigit():
            return self._pattern(_NUMBER, "a number")
        word = self._pattern(_KEY, "a value")
        if word not in _WORDS:
            raise self._bad("a value")
        return _WORDS[word]

    def _items(self, depth: int) -> list[Any]:
        items: list[Any] = []
        if self._accept("]"):
            return items
        items.append(self._value(depth + 1))
        while self._accept(","):
            items.append(self._value(depth + 1))
        self._expect("]")
        return items

    def _string(self) -> str:
        quote = self.code[self.at]
        self.at += 1
        parts: list[str] = []
        while True:
            char = self._peek()
            if not char:
                raise self._bad("a closing quote")
            if char == quote:
                self.at += 1
                # Escaped halves of a pair outside the basic plane join here.
                return "".join(parts).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            if char == "\\":
                parts.append(self._escape())
            elif found := _PLAIN.match(self.code, self.at):
                parts.append(found[0])
                self.at = found.end()
            else:
                parts.append(char)
                self.at += 1

    def _escape(self) -> str:
        char = self.code[self.at + 1 : self.at + 2]
        if char == "u":
            digits = self.code[self.at + 2 : self.at + 6]
            if not re.fullmatch(r"[0-9a-fA-F]{4}", digits):
                raise self._bad("four digits after \\u")
            self.at += 6
            return chr(int(digits, 16))
        if char not in _ESCAPES:
            raise self._bad("a known escape")
        self.at += 2
        return _ESCAPES[char]

    def _pattern(self, pattern: re.Pattern[str], what: str) -> str:
        found = pattern.match(self.code, self.at)
        if not found:
            raise self._bad(what)
        self.at = found.end()
        return found[0]

    def _peek(self) -> str:
        return self.code[self.at : self.at + 1]

    def _skip(self) -> None:
        if found := _SPACE.match(self.code, self.at):
            self.at = found.end()

    def _accept(self, char: str) -> bool:
        self._skip()
        if self._peek() == char:
            self.at += 1
            return True
        return False

    def _expect(self, char: str) -> None:
        if not self._accept(char):
            raise self._bad(char)

    def _bad(self, wanted: str) -> CompileError:
        line = self.code.count("\n", 0, self.at) + 1
        return CompileError(f"expected {wanted}, line {line}, char {self.at}")
