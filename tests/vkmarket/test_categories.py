from dataclasses import replace
from datetime import timedelta

import pytest

from connections.clients.errors import BadAnswer
from connections.clients.vk_objects import Category
from evosync.base import clock
from vkmarket import categories
from vkmarket.models import VkCategory

pytestmark = pytest.mark.django_db

TREE = [
    Category(1, "Продукты", "Продукты", False),
    Category(2, "Чай и кофе", "Продукты / Чай и кофе", True),
    Category(3, "Мёд", "Продукты / Мёд", True),
    Category(4, "Посуда", "Дом / Посуда", True),
]


class Client:
    def __init__(self, tree=TREE):
        self.tree, self.asked = tree, 0

    def categories(self):
        self.asked += 1
        return self.tree


@pytest.fixture
def now(monkeypatch):
    moment = [clock.now()]
    monkeypatch.setattr(clock, "now", lambda: moment[0])

    def later(**delta):
        moment[0] += timedelta(**delta)

    return later


def test_categories_are_read_once_a_day(now):
    client = Client()
    assert categories.refresh_categories(client) == 4
    now(hours=23)
    assert categories.refresh_categories(client) == 0
    assert client.asked == 1
    now(hours=2)
    categories.refresh_categories(client)
    assert client.asked == 2
    now(hours=1)
    categories.refresh_categories(client)
    assert client.asked == 2


def test_only_what_changed_is_written(now):
    categories.refresh_categories(Client())
    now(days=2)
    tree = [*TREE[:3], replace(TREE[3], name="Кухня", path="Дом / Кухня")]
    assert categories.refresh_categories(Client(tree)) == 1
    assert categories.name_of(4) == "Дом / Кухня"


def test_a_category_that_vk_dropped_takes_no_items_but_keeps_its_name(now):
    categories.refresh_categories(Client())
    now(days=2)
    assert categories.refresh_categories(Client(TREE[:3])) == 2
    assert categories.leaves() == {2, 3}
    assert categories.name_of(4) == "Дом / Посуда"
    now(days=2)
    categories.refresh_categories(Client())
    assert categories.leaves() == {2, 3, 4}


def test_an_empty_answer_drops_nothing(now):
    categories.refresh_categories(Client())
    now(days=2)
    with pytest.raises(BadAnswer):
        categories.refresh_categories(Client([]))
    assert categories.leaves() == {2, 3, 4}


def test_only_leaves_take_items():
    assert categories.leaves() == frozenset()
    categories.refresh_categories(Client())
    assert categories.leaves() == {2, 3, 4}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ЧАЙ", [2]),
        ("мед", [3]),
        ("продукты", [2, 3]),
        ("посуда дом", [4]),
        ("машина", []),
        ("  ", [4, 3, 2]),
    ],
)
def test_a_search_folds_case_and_takes_all_words(text, found):
    categories.refresh_categories(Client())
    assert sorted(row.category_id for row in categories.search(text)) == sorted(found)


def test_an_unknown_category_has_no_name():
    assert categories.name_of(99) == categories.name_of(None) == ""
    assert VkCategory.objects.count() == 0
