"""Text as VK takes it: only characters of cp1251, in which VK counts lengths, no tags, no control characters.

Every character that leaves here is one byte of cp1251, so `len` is VK's count.
"""

import html
import re
import unicodedata
from functools import lru_cache

# Longer texts are cut before any work: no till field that a person typed is longer.
RAW_LIMIT = 10_000
# How far back a cut looks for the end of a word.
NEAR = 20

_CHARSET = bytes(code for code in range(256) if code != 0x98).decode("cp1251")
_FOREIGN = re.compile(f"[^{re.escape(_CHARSET)}]")
# What cp1251 lacks and a decomposition does not give, as close as it reads.
_SIMILAR = str.maketrans(
    {
        **dict.fromkeys("‐‑‒−﹣－", "-"),
        **dict.fromkeys("―⸺⸻", "—"),
        **dict.fromkeys("″‟❝❞", '"'),
        **dict.fromkeys("′‵ʹʼˈ", "'"),
        **dict.fromkeys("×✕✖⨯", "x"),
        **dict.fromkeys("⁄∕÷", "/"),
        **dict.fromkeys("●▪■◦‣◆◾▫□○∙⋅", "•"),
        **dict.fromkeys("→➔➜➡", "->"),
        # On a till the letter is a diameter: «Тарелка Ø20».
        **dict.fromkeys("∅⌀Ø", "D"),
        **dict.fromkeys("øөӨ", "o"),
        "²": "2",
        "³": "3",
        "½": " 1/2",
        "¼": " 1/4",
        "¾": " 3/4",
        "₽": " руб.",
        "≈": "~",
        "≤": "<=",
        "≥": ">=",
        "μ": "µ",
        "Ω": "Ом",
        "α": "альфа",
        "β": "бета",
        "γ": "гамма",
        "ß": "ss",
        "æ": "ae",
        "Æ": "Ae",
        "œ": "oe",
        "Œ": "Oe",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "ı": "i",
        "ә": "а",
        "Ә": "А",
        "ғ": "г",
        "Ғ": "Г",
        "қ": "к",
        "Қ": "К",
        "ҡ": "к",
        "Ҡ": "К",
        "ң": "н",
        "Ң": "Н",
        "ұ": "у",
        "Ұ": "У",
        "ү": "у",
        "Ү": "У",
        "һ": "х",
        "Һ": "Х",
        "җ": "ж",
        "Җ": "Ж",
        "ҙ": "з",
        "Ҙ": "З",
        "ҫ": "с",
        "Ҫ": "С",
        "\N{LINE SEPARATOR}": "\n",
        "\N{PARAGRAPH SEPARATOR}": "\n",
        "\x85": "\n",
    }
)

_PLAIN = r"0-9A-Za-zА-Яа-яЁё.,()%№\"'«»/+!?:;*#=\-–—"
_PLAIN_LINE = re.compile(rf"[{_PLAIN}]++(?: [{_PLAIN}]++)*+")
_PLAIN_TEXT = re.compile(rf"[{_PLAIN} \n]*+")
_WORD = re.compile(r"[^\W_]")
_WORDS = re.compile(r"[^\W_]+")

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ATTRIBUTES = r"""(?:\s++[\w:.-]++(?:\s*+=\s*+(?:"[^"<>]*+"|'[^'<>]*+'|[^\s"'<>]++))?+)*+\s*+/?>"""
_COMMENT = re.compile(r"<!--.{0,1000}?-->", re.DOTALL)
_SILENT = re.compile(
    rf"<(script|style|head|title){_ATTRIBUTES}.{{0,1000}}?</\1\s*+>",
    re.IGNORECASE | re.DOTALL,
)
_BREAK = re.compile(
    rf"</?(?:p|br|div|h[1-6]|ul|ol|table|tbody|thead|tr|hr|section|article|blockquote|pre|dl|dt|dd){_ATTRIBUTES}",
    re.IGNORECASE,
)
_BULLET = re.compile(rf"<li{_ATTRIBUTES}", re.IGNORECASE)
# Only tags of HTML: «a < b», «<3» and «<Чай>» are the merchant's words.
_INLINE = re.compile(
    r"</?(?:a|abbr|b|big|body|caption|center|cite|code|col|colgroup|del|em|figcaption|figure|font|footer|form|head|header|html|i"
    r"|iframe|img|input|ins|label|li|link|main|mark|meta|nav|nobr|noscript|object|s|script|small|span|strike|strong|style|sub"
    rf"|sup|svg|td|tfoot|th|title|tt|u|var|video|wbr){_ATTRIBUTES}|<!doctype[^<>]*+>",
    re.IGNORECASE,
)

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\xa0]")
_SPACES = re.compile(r"\s+")
_SPACES_IN_LINE = re.compile(r"[^\S\n]+")
_AROUND_BREAK = re.compile(r" *\n *")
_MANY_BREAKS = re.compile(r"\n{3,}")

_IN_LINK = r"[^\s<>()\[\]{}«»\"|]"
_URL = re.compile(rf"(?:(?:https?|ftp)://|(?<![\w.])www\.){_IN_LINK}*", re.IGNORECASE)
# VK's own links: [club1|Shop], [https://vk.com/shop|Shop]. The words stay.
_MARKUP = re.compile(r"\[(?:(?:club|public|event|id)\d+|(?:https?://|vk\.)[^\s|\[\]]{1,500})\|([^|\[\]]{1,500})\]")
_TOP = "ru|su|рф|com|net|org|info|biz|shop|store|online|site|market|link|club|pro|app|io|by|kz|ua|cc"
_DOMAIN = re.compile(
    rf"(?<![\w@.+-])(?:[\w.+-]{{1,64}}@)?(?:[\w-]{{1,63}}\.)+(?:(?:{_TOP})(?![\w-])|me(?=/))(?:[/:?#]{_IN_LINK}*)?",
    re.IGNORECASE,
)
# What every link without a scheme has: looked for first, since few texts have it.
_DOT_END = re.compile(rf"\.(?:(?:{_TOP})\b|me/)|www\.", re.IGNORECASE)
# And before that a dot inside a word, or after a «w»: quicker to find than any word, and rare enough.
_DOT_INSIDE = re.compile(r"\.(?:(?<=[Ww]\.)|(?=\w))")
_EMPTY_BRACKETS = re.compile(r"\(\s*\)|\[\s*\]")


def line(text: str) -> str:
    """`text` as one legal line, or "" when no letter or digit is left."""
    if not (_PLAIN_LINE.fullmatch(text) and "://" not in text and "www." not in text):
        text = _URL.sub(" ", _legal(text))
        text = _SPACES.sub(" ", _EMPTY_BRACKETS.sub(" ", text)).strip()
    return text if _WORD.search(text) else ""


def paragraphs(text: str) -> str:
    """`text` as legal lines without links (VK refuses those: 1408), or "" when no letter or digit is left."""
    if not text:
        return ""
    tidy = _is_tidy(text)
    if not tidy:
        text = _legal(text)
    told = without_links(text)
    if not ((tidy and told == text) or _is_tidy(told)):
        told = _AROUND_BREAK.sub("\n", _SPACES_IN_LINE.sub(" ", told))
        told = _MANY_BREAKS.sub("\n\n", told).strip()
    return told if _WORD.search(told) else ""


def _is_tidy(text: str) -> bool:
    """Whether nothing is to be done but to look for links: true of most texts, and quick."""
    return (
        _PLAIN_TEXT.fullmatch(text) is not None
        and "  " not in text
        and " \n" not in text
        and "\n " not in text
        and "\n\n\n" not in text
        and text == text.strip()
    )


def without_links(text: str) -> str:
    """`text` without web and mail addresses; of VK's own [link|words] the words."""
    if "|" in text:
        text = _MARKUP.sub(r"\1", text)
    if "://" in text or (_DOT_INSIDE.search(text) and _DOT_END.search(text)):
        text = _EMPTY_BRACKETS.sub(" ", _DOMAIN.sub(" ", _URL.sub(" ", text)))
    return text


def shorten(text: str, limit: int) -> str:
    """The first `limit` characters, cut after a whole word where one ends near."""
    if len(text) <= limit:
        return text
    near = max(limit - NEAR, limit // 2)
    space = max(text.rfind(" ", near, limit + 1), text.rfind("\n", near, limit + 1))
    head = (text[:space] if space > 0 else text[:limit]).rstrip()
    tidy = head.rstrip(" ,;:-–—(«/\n")
    return tidy if len(tidy) > limit // 2 else head


def match_name(text: str) -> str:
    """A name as it is compared: case, ё, spaces and punctuation do not count."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    return " ".join(_WORDS.findall(folded))


def _legal(text: str) -> str:
    text = text[:RAW_LIMIT]
    if "&" in text or "<" in text:
        text = _without_html(text)
    if _FOREIGN.search(text):
        text = unicodedata.normalize("NFC", text).translate(_SIMILAR)
        text = _FOREIGN.sub(_nearest, text)
    if "<" in text:
        # What looked different a moment ago may read as a tag now: full-width brackets.
        text = _without_tags(text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub(_blank, text).replace("\xad", "")


def _without_html(text: str) -> str:
    """Unescape, however often it was escaped on its way, then drop the tags."""
    text = _without_tags(text)
    for _ in range(4):
        plain = _ENTITY.sub(_unescaped, text) if "&" in text else text
        if plain == text:
            break
        text = _without_tags(plain)
    return text


def _without_tags(text: str) -> str:
    if "<" not in text:
        return text
    if "-->" in text:
        text = _COMMENT.sub(" ", text)
    if "</" in text:
        text = _SILENT.sub(" ", text)
    text = _BULLET.sub("\n• ", _BREAK.sub("\n", text))
    return _INLINE.sub("", text)


def _unescaped(found: re.Match) -> str:
    return html.unescape(found[0])


def _blank(found: re.Match) -> str:
    return " " if found[0] in "\t\x0b\x0c\xa0" else ""


def _nearest(found: re.Match) -> str:
    return _replacement(found[0])


@lru_cache(maxsize=4096)
def _replacement(char: str) -> str:
    kind = unicodedata.category(char)
    if kind[0] in "MC":
        # Marks, joiners, direction signs and lone surrogates have no width.
        return ""
    apart = unicodedata.normalize("NFKD", char).translate(_SIMILAR)
    kept = _FOREIGN.sub("", apart)
    # An emoji or a letter of another alphabet still parts the words around it.
    return kept or " "
