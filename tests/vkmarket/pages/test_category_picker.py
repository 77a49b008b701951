"""The picker of a VK category."""

import pytest

from tests.factories import UserFactory, VkCategoryFactory

pytestmark = pytest.mark.django_db
SEARCH = "/catalog/categories"


@pytest.fixture
def tree():
    for number, path in enumerate(("Продукты / Чай", "Продукты / Кофе", "Дом / Чайники")):
        VkCategoryFactory(category_id=5001 + number, path=path)
    VkCategoryFactory(category_id=5009, path="Чай прежний", is_leaf=False)


@pytest.fixture
def search(client):
    client.force_login(UserFactory())
    return lambda **query: client.get(SEARCH, query).content.decode()


def test_categories_are_found_by_words_in_any_case(tree, search):
    page = search(q="ЧАЙ прод", name="category", form="save")
    assert 'value="5001"' in page and "Продукты / Чай" in page
    assert "Кофе" not in page and "Чайники" not in page and "прежний" not in page
    assert 'name="category"' in page and 'form="save"' in page


def test_the_chosen_category_stays_in_sight_whatever_is_typed(tree, search):
    page = search(q="чайник", name="category", form="save", chosen="5002")
    assert page.count("checked") == 1 and "Продукты / Кофе" in page and "Дом / Чайники" in page


def test_a_category_that_vk_dropped_is_told(tree, search):
    page = search(name="category", form="save", chosen="5009")
    assert "больше не принимает товары" in page and "checked" not in page


def test_nothing_found_and_nothing_read_yet_are_told_apart(search):
    assert "ещё не прочитаны" in search(q="чай")
    VkCategoryFactory()
    assert "другое слово" in search(q="самолёт")


def test_names_with_html_are_text(search):
    VkCategoryFactory(path="<b>Чай</b>")
    page = search(name='"><script>', none="<i>")
    assert "<b>Чай" not in page and "<script>" not in page and "<i>" not in page


def test_strangers_go_to_the_login(client):
    assert client.get(SEARCH).url.startswith("/login")
