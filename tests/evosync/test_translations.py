"""What the staff panel says in English only is said in Russian, and the compiled catalog is the written one."""

import ast
import gettext
import re
from pathlib import Path

from django.utils.translation import gettext as translate
from django.utils.translation import override

FOLDER = Path(__file__).resolve().parents[2] / "locale/ru/LC_MESSAGES"
ENTRY = re.compile(r'^msgid (".+")\nmsgstr (".+")$', re.MULTILINE)


def test_the_compiled_catalog_holds_what_the_written_one_says():
    written = {
        ast.literal_eval(name): ast.literal_eval(text)
        for name, text in ENTRY.findall((FOLDER / "django.po").read_text())
    }
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert len(written) > 50
    assert {name: compiled.gettext(name) for name in written} == written


def test_the_panel_speaks_russian():
    with override("ru"):
        assert translate("Type to search") == "Поиск"
