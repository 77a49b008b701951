"""Every sentence of the site is there in both languages, and the compiled catalogs are the written ones."""

import gettext
import re

import pytest
from django.utils.translation import gettext as translate
from django.utils.translation import override

from scripts import messages

CYRILLIC = re.compile("[А-Яа-яЁё]")
PLACES = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def catalog(language: str) -> dict:
    return messages.parse((messages.ROOT / f"locale/{language}/LC_MESSAGES/django.po").read_text(encoding="utf-8"))


def test_the_catalogs_are_those_of_todays_sentences():
    assert messages.stale() == [], "run: sh scripts/messages.sh"


def test_every_sentence_is_translated():
    assert messages.missing() == [], "fill in the empty msgstr, then run: sh scripts/messages.sh"


@pytest.mark.parametrize("language", messages.PLURALS)
def test_a_translation_has_the_placeholders_of_its_sentence(language):
    odd = {
        one.text: words
        for one in catalog(language).values()
        for words in one.translated
        if one.text and set(PLACES.findall(words)) != set(PLACES.findall(one.plural or one.text))
    }
    assert odd == {}


def test_english_is_english():
    found = [words for one in catalog("en").values() for words in one.translated if CYRILLIC.search(words)]
    assert found == []


def test_the_panel_speaks_russian():
    with override("ru"):
        assert translate("Type to search") == "Поиск"


def test_the_site_speaks_english():
    with override("en"):
        assert translate("Страница не найдена") == "Page not found"


def test_sentences_are_found_in_code_and_in_templates():
    code = 'x = _("раз" " два"); y = ngettext("%(n)s товар", "%(n)s товаров", n); z = pgettext("меню", "Вид")'
    assert [(one.context, one.text, one.plural) for one in messages.in_code(code)] == [
        ("", "раз два", ""),
        ("", "%(n)s товар", "%(n)s товаров"),
        ("меню", "Вид", ""),
    ]
    page = (
        """{% load i18n %}{% translate "Да" %}<b title="{% translate 'Вид' context 'меню' %}">{{ _("Нет") }}</b>"""
        "{% blocktranslate count n=goods %}{{ n }} товар{% plural %}{{ n }} товаров{% endblocktranslate %}"
        "{# Translators: _('no') #}"
    )
    assert [(one.context, one.text, one.plural) for one in messages.in_template(page)] == [
        ("", "Да", ""),
        ("меню", "Вид", ""),
        ("", "Нет", ""),
        ("", "%(n)s товар", "%(n)s товаров"),
    ]


def test_the_compiled_catalog_is_one_that_python_reads(tmp_path):
    text = messages.written(
        "ru",
        [
            messages.Message('«Да» и "нет"\n', translated=["Ага"]),
            messages.Message("%(n)s товар", "", "%(n)s товаров", ["%(n)s товар", "%(n)s товара", "%(n)s товаров"]),
            messages.Message("Вид", "меню", translated=["Облик"]),
            messages.Message("Пусто", translated=[""]),
        ],
    )
    path = tmp_path / "django.mo"
    path.write_bytes(messages.compiled(text))
    with path.open("rb") as file:
        read = gettext.GNUTranslations(file)
    assert read.gettext('«Да» и "нет"\n') == "Ага" and read.gettext("Пусто") == "Пусто"
    assert [read.ngettext("%(n)s товар", "%(n)s товаров", n)[6:] for n in (1, 3, 5, 21)] == [
        "товар", "товара", "товаров", "товар",
    ]  # fmt: skip
    assert read.pgettext("меню", "Вид") == "Облик"


def test_a_merged_catalog_loses_nothing():
    ours, theirs = 'msgid "Раз"\nmsgstr "One"\n', 'msgid "Раз"\nmsgstr ""\n\nmsgid "Два"\nmsgstr "Two"\n'
    merged = f"<<<<<<< ours\n{ours}\n=======\n{theirs}>>>>>>>\n"
    assert [one.translated for one in messages.parse(merged).values()] == [["One"], ["Two"]]
