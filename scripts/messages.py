"""The translations: `sh scripts/messages.sh` after words of the site changed.

Collects the Russian sentences of code and templates into locale/LANGUAGE/LC_MESSAGES/django.po, keeps what is
translated already, and compiles the .mo beside it. Then fill in the empty `msgstr` and run it again. `--check` changes
nothing and tells what is missing. Needs no gettext program.
"""

import argparse
import ast
import json
import re
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("accounts", "connections", "catalog", "vkmarket", "orders", "webhooks", "evosync")
PLURALS = {
    "ru": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);",
    "en": "nplurals=2; plural=(n != 1);",
}
# The words of the staff panel's package, written by hand: only compiled here.
PANEL = ROOT / "evosync/locale/ru/LC_MESSAGES/django.po"
CALLS = {
    name + lazy: kind
    for lazy in ("", "_lazy", "_noop")
    for name, kind in (("gettext", "s"), ("ngettext", "sp"), ("pgettext", "cs"), ("npgettext", "csp"))
} | {"_": "s"}
LITERAL = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
IN_TEMPLATE = re.compile(rf"\b(n?p?gettext|_)\(\s*u?({LITERAL}(?:\s*,\s*u?{LITERAL})*)", re.DOTALL)


@dataclass(order=True)
class Message:
    """One sentence: what the code says, and its translations (several for a number)."""

    text: str
    context: str = ""
    plural: str = ""
    translated: list[str] = field(default_factory=list, compare=False)

    @property
    def key(self) -> tuple[str, str]:
        return self.context, self.text


def in_code(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        kind = CALLS.get(getattr(node.func, "id", getattr(node.func, "attr", "")), "")
        words = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if kind and len(words) >= len(kind):
            yield message(kind, words)


def in_template(source: str) -> Iterator[Message]:
    for name, words in IN_TEMPLATE.findall(templatize(source)):
        yield message(CALLS[name], [ast.literal_eval(word) for word in re.findall(LITERAL, words, re.DOTALL)])


def message(kind: str, words: list[str]) -> Message:
    said = dict(zip(kind, words, strict=False))
    return Message(said["s"], said.get("c", ""), said.get("p", ""))


def collected() -> list[Message]:
    """Every sentence of the site, once."""
    found: dict[tuple[str, str], Message] = {}
    code = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")) if "migrations" not in path.parts]
    templates = [path for room in (*ROOMS, "templates") for path in sorted((ROOT / room).rglob("*.html"))]
    for paths, read in ((code, in_code), (templates, in_template)):
        for path in paths:
            for one in read(path.read_text(encoding="utf-8")):
                if one.text and (one.plural or one.key not in found):
                    found[one.key] = one
    return sorted(found.values())


def parse(text: str) -> dict[tuple[str, str], Message]:
    """A .po file, a merged one too: of two of a kind the translated one counts, marks of a conflict are passed over."""
    found: dict[tuple[str, str], Message] = {}
    parts: dict[str, str] = {}

    def end() -> None:
        translated = [words for name, words in parts.items() if name.startswith("msgstr")]
        one = Message(parts.get("msgid", ""), parts.get("msgctxt", ""), parts.get("msgid_plural", ""), translated)
        if parts and (any(translated) or one.key not in found):
            found[one.key] = one
        parts.clear()

    name = ""
    for line in text.splitlines():
        if line.startswith('"'):
            parts[name] += ast.literal_eval(line)
        elif said := re.match(r'(msg[a-z_]+(?:\[\d])?) (".*")$', line):
            if said[1] == "msgctxt" or (said[1] == "msgid" and name != "msgctxt"):
                end()
            name = said[1]
            parts[name] = ast.literal_eval(said[2])
    end()
    return found


def written(language: str, messages: list[Message]) -> str:
    """The .po file, in the order of the sentences: two who add some seldom meet in one line."""
    head = f"Language: {language}\nContent-Type: text/plain; charset=UTF-8\nPlural-Forms: {PLURALS[language]}\n"
    blocks = [f'msgid ""\nmsgstr {json.dumps(head, ensure_ascii=False)}\n']
    for one in messages:
        lines = [f"msgctxt {quoted(one.context)}"] if one.context else []
        lines.append(f"msgid {quoted(one.text)}")
        if one.plural:
            lines.append(f"msgid_plural {quoted(one.plural)}")
        for number, words in enumerate(one.translated):
            lines.append(f"msgstr{f'[{number}]' if one.plural else ''} {quoted(words)}")
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def compiled(text: str) -> bytes:
    """The .mo file of a .po file: two tables of lengths and places, then the words."""
    pairs = {}
    for one in parse(text).values():
        if all(one.translated) and one.translated:
            name = (f"{one.context}\x04" if one.context else "") + one.text + (f"\0{one.plural}" if one.plural else "")
            pairs[name.encode()] = "\0".join(one.translated).encode()
    names = sorted(pairs)
    place = 28 + 16 * len(names)
    tables, words = [], b""
    for column in (names, [pairs[name] for name in names]):
        for one in column:
            tables.append(struct.pack("<II", len(one), place + len(words)))
            words += one + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(names), 28, 28 + 8 * len(names), 0, 0)
    return head + b"".join(tables) + words


def translated(language: str, known: dict[tuple[str, str], Message]) -> list[Message]:
    """Today's sentences with the translations that are known. Russian is its own, but for the forms of a number."""
    forms = int(PLURALS[language][9])
    result = []
    for one in collected():
        kept = known.get(one.key)
        words = kept.translated if kept and bool(kept.plural) == bool(one.plural) else []
        count = forms if one.plural else 1
        if language == "ru" and not one.plural:
            words = [one.text]
        result.append(Message(one.text, one.context, one.plural, (words + [""] * count)[:count]))
    return result


def files() -> dict[Path, bytes]:
    """What each file of the translations should hold."""
    result = {PANEL.with_suffix(".mo"): compiled(PANEL.read_text(encoding="utf-8"))}
    for language in PLURALS:
        path = ROOT / f"locale/{language}/LC_MESSAGES/django.po"
        known = parse(path.read_text(encoding="utf-8")) if path.exists() else {}
        text = written(language, translated(language, known))
        result |= {path: text.encode(), path.with_suffix(".mo"): compiled(text)}
    return result


def missing() -> list[str]:
    """Sentences that a language lacks, `language: sentence`."""
    return [
        f"{path.parts[-3]}: {one.text}"
        for path, text in files().items()
        if path.suffix == ".po"
        for one in parse(text.decode()).values()
        if not all(one.translated)
    ]


def stale() -> list[str]:
    """Files that do not hold what they should."""
    wrong = [path for path, content in files().items() if not path.exists() or path.read_bytes() != content]
    return [str(path.relative_to(ROOT)) for path in wrong]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, tell what is stale or missing")
    if not parser.parse_args().check:
        for path, content in files().items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    troubles = [f"stale: {name}" for name in stale()] + [f"not translated: {name}" for name in missing()]
    print("\n".join(troubles) or "All sentences are translated.")
    return bool(troubles)


if __name__ == "__main__":
    settings.configure()
    sys.exit(main())
