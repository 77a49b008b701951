import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import settings as tuned
from hypothesis import strategies as st

from vkmarket import texts


@pytest.mark.parametrize(
    ("raw", "legal"),
    [
        ("Чай «Ахмад» 100 г", "Чай «Ахмад» 100 г"),
        ("  два   пробела ", "два пробела"),
        ("«Тёща»\r\n\t'люкс'", "«Тёща» 'люкс'"),
        ("Сок\x00 \x1fяблочный\x7f", "Сок яблочный"),
        ("Сок🍊апельсин👨‍👩‍👧", "Сок апельсин"),
        ("и\u0306ога, сафе\u0301", "йога, сафе"),
        ("3×70 мм, 30 м², 1½ кг", "3x70 мм, 30 м2, 1 1/2 кг"),
        ("Тарелка Ø20 см", "Тарелка D20 см"),
        ("Café crème ﬁne Ⅳ", "Cafe creme fine IV"),
        ("Қазақ шайы №5", "Казак шайы №5"),
        ("\ud800Чай", "Чай"),
        ("茶", ""),
        ("🍵" * 160, ""),
        ("— , .", ""),
        ("", ""),
    ],
)
def test_line_keeps_what_vk_can_show(raw, legal):
    assert texts.line(raw) == legal


@pytest.mark.parametrize(
    ("raw", "legal"),
    [
        ("Футболка <b>синяя</b><br/>M", "Футболка синяя M"),
        ("a < b и c > d", "a < b и c > d"),
        ("a<b", "a<b"),
        ("Сердечко <3", "Сердечко <3"),
        ("<Чай>", "<Чай>"),
        ("Том &amp; Джерри &laquo;&#1071;&raquo;", "Том & Джерри «Я»"),
        ("&lt;b&gt;Чай&lt;/b&gt;", "Чай"),
        ("&amp;lt;p&amp;gt;Чай", "Чай"),
        ("＜b＞Чай", "Чай"),
        ("M&M's &copy 2020", "M&M's &copy 2020"),
        ("<script>alert(1)</script>Сок", "Сок"),
        ("<img src=x onerror='alert(1)'>Сок", "Сок"),
        ("Чай <!-- скидка --> чёрный", "Чай чёрный"),
        ("Купи на https://shop.ru/чай?x=1 чай", "Купи на чай"),
        ("Дом.ru, роутер", "Дом.ru, роутер"),
    ],
)
def test_line_drops_tags_but_no_words(raw, legal):
    assert texts.line(raw) == legal


@pytest.mark.parametrize(
    ("raw", "legal"),
    [
        ("Первый.\r\n\r\n\r\n\r\nВторой. \n Третий.", "Первый.\n\nВторой.\nТретий."),
        ("<p>Один</p><ul><li>два</li><li>три</li></ul>", "Один\n\n• два\n• три"),
        ("Смотрите www.shop.ru, HTTPS://a.b/c?d=1 и (vk.com/shop)!", "Смотрите и !"),
        ("Пишите на ivan@mail.ru или t.me/ivan", "Пишите на или"),
        ("Заходите: магазин-чая.рф", "Заходите:"),
        ("В [club1|магазине] и [https://vk.com/a|тут]", "В магазине и тут"),
        ("Вес 0.5 кг. Состав: чай.Без сахара", "Вес 0.5 кг. Состав: чай.Без сахара"),
        ("Т.е. он и т.д., 100% хлопок", "Т.е. он и т.д., 100% хлопок"),
        ("Одна\u2028две", "Одна\nдве"),
    ],
)
def test_paragraphs_keep_lines_and_lose_links(raw, legal):
    assert texts.paragraphs(raw) == legal


ANY_TEXT = st.text(st.characters()) | st.text("<>&;#ab/pbr 'x=\"!-.w:[]|(@).ru\n\r\xa0\xad1я🍵", max_size=80)


@tuned(deadline=None)
@given(ANY_TEXT)
@example("&#0;&#13;&#xD800;&#1114112;чай")
@example("<p " + "a " * 3000 + "<")
@example("<!--" * 3000)
def test_whatever_comes_only_legal_text_leaves(raw):
    one, many = texts.line(raw), texts.paragraphs(raw)
    assert len(one) == len(one.encode("cp1251"))
    assert len(many) == len(many.encode("cp1251"))
    assert not [char for char in one if unicodedata.category(char).startswith("C")]
    assert not [char for char in many if unicodedata.category(char).startswith("C") and char != "\n"]
    assert one == one.strip() and "  " not in one
    assert many == many.strip() and "\n\n\n" not in many
    assert not re.search("(http|https|ftp)://", many, re.IGNORECASE)


@tuned(deadline=None)
@given(st.text("аб вг,.(", max_size=300), st.integers(20, 150))
def test_shorten_keeps_a_beginning(raw, limit):
    short = texts.shorten(raw, limit)
    assert len(short) <= limit
    assert raw.startswith(short)
    assert len(raw) <= limit or len(short) > 0 or not raw[:limit].strip()


def test_shorten_cuts_between_words_where_one_ends_near():
    assert texts.shorten("Набор посуды для кухни, 12 предметов", 26) == "Набор посуды для кухни, 12"
    assert texts.shorten("Набор посуды для кухни, 12 предметов", 24) == "Набор посуды для кухни"
    assert texts.shorten("а" * 60, 50) == "а" * 50


@pytest.mark.parametrize("other", ["ЧАЙ  чёрный, 100 г", "чай черный 100 г.", "«Чай» чёрный (100 г)"])
def test_names_are_compared_without_case_yo_and_punctuation(other):
    assert texts.match_name("Чай чёрный 100 г") == texts.match_name(other)


def test_different_names_stay_different():
    assert texts.match_name("Чай 100 г") != texts.match_name("Чай 200 г")
