import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.groups import DEPTH, GroupTree, shorten
from tests.factories import CachedGroupFactory, CachedStoreFactory

SIZES = [{"id": "size", "name": "Размер", "choices": [{"id": "s", "name": "S"}]}]


def group(evotor_id, parent_id="", name=None, attributes=(), category=None, absent=False, picture=""):
    return (1, evotor_id, parent_id, name or evotor_id, category, picture, attributes, absent)


TEA = [group("tea", name="Чай"), group("green", "tea", "Зелёный"), group("sencha", "green", "Сенча")]


def test_a_chain_leads_from_the_nearest_group_to_the_root():
    tree = GroupTree(TEA)
    assert tree.chain("sencha") == ("sencha", "green", "tea")
    assert tree.chain("") == ()
    assert tree.path("sencha") == ("Чай", "Зелёный", "Сенча")


def test_orphans_lie_in_the_root():
    tree = GroupTree([group("green", "gone")])
    assert tree.chain("gone") == ()
    assert tree.chain("green") == ("green",)
    assert tree.album_group("gone") is None


def test_circles_are_cut():
    tree = GroupTree([group("a", "b"), group("b", "a"), group("self", "self")])
    assert tree.chain("a") == ("a", "b")
    assert tree.chain("b") == ("b", "a")
    assert tree.path("self") == ("self",)
    assert set(tree.titles()) == {"a", "b", "self"}


def test_depth_has_an_end():
    tree = GroupTree([group(f"g{n}", f"g{n + 1}") for n in range(1000)])
    assert tree.chain("g0") == tuple(f"g{n}" for n in range(DEPTH))


def test_a_category_is_the_nearest_one_chosen():
    tree = GroupTree([group("tea", category=7), group("green", "tea", category=8), group("sencha", "green")])
    assert tree.category("sencha") == 8
    assert tree.category("tea") == 7
    assert tree.category("") is None


def test_a_group_without_a_picture_takes_that_of_the_nearest_group_above_it():
    tree = GroupTree([group("tea", picture="1.jpg"), group("green", "tea", picture="2.jpg"), group("sencha", "green")])
    assert [tree.picture(name) for name in ("tea", "green", "sencha", "unknown")] == ["1.jpg", "2.jpg", "2.jpg", ""]


def test_a_modification_group_takes_no_album_of_its_own():
    tree = GroupTree([group("shirts"), group("polo", "shirts", attributes=SIZES), group("cap", attributes=SIZES)])
    assert tree.album_group("polo") == "shirts"
    assert tree.album_group("shirts") == "shirts"
    assert tree.album_group("cap") is None
    assert set(tree.titles()) == {"shirts"}


def test_a_group_that_vanished_still_counts_for_choices_but_takes_no_album():
    tree = GroupTree([group("tea", name="Чай"), group("old", "tea", "Чай", absent=True)])
    assert tree.chain("old") == ("old", "tea")
    assert tree.album_group("old") == "tea"
    assert tree.titles() == {"tea": "Чай"}


def test_a_title_is_the_path():
    assert GroupTree(TEA).titles() == {"tea": "Чай", "green": "Чай / Зелёный", "sencha": "Чай / Зелёный / Сенча"}


def test_equal_titles_are_told_apart_by_the_order_of_ids():
    groups = [group("2", name="Чай"), group("1", name="Чай"), group("3", name="Чай"), group("0", name="Чай (2)")]
    assert GroupTree(groups).titles() == {"1": "Чай", "2": "Чай (3)", "3": "Чай (4)", "0": "Чай (2)"}


@pytest.mark.parametrize(
    "names, limit, title",
    [
        (["Чай", "Зелёный"], 13, "Чай / Зелёный"),
        (["Чай", "Зелёный", "Китайский", "Сенча"], 23, "Чай / … / Сенча"),
        (["Чай", "Зелёный", "Китайский", "Сенча"], 27, "Чай / … / Китайский / Сенча"),
        (["Продукты питания", "Сенча"], 12, "… / Сенча"),
        (["Продукты питания", "Сенча"], 6, "Сенча"),
        (["Сенча японская"], 8, "Сенча я…"),
        (["Сенча японская"], 7, "Сенча…"),
        ([" Чай \n чёрный ", "  "], 128, "Чай чёрный / Без названия"),
    ],
)
def test_a_long_path_loses_its_middle_first(names, limit, title):
    assert shorten(names, limit) == title


IDS = st.integers(0, 12).map(str)
ROWS = st.lists(
    st.tuples(
        st.just(1),
        IDS,
        st.one_of(IDS, st.just(""), st.just("gone")),
        st.one_of(st.sampled_from(["Чай", "Чай (2)", "чай", " "]), st.text(max_size=200)),
        st.one_of(st.none(), st.integers(1, 9)),
        st.sampled_from(["", "1.jpg"]),
        st.sampled_from([[], SIZES]),
        st.booleans(),
    ),
    max_size=14,
    unique_by=lambda row: row[1],
)


@given(ROWS)
def test_whatever_the_groups_every_chain_ends_and_names_each_group_once(rows):
    tree, ids = GroupTree(rows), {row[1] for row in rows}
    for group_id in [*ids, "gone", ""]:
        chain = tree.chain(group_id)
        assert len(set(chain)) == len(chain) <= DEPTH
        assert set(chain) <= ids
        assert (chain[:1] == (group_id,)) is (group_id in ids)
        assert tree.album_group(group_id) in (None, *tree.titles())


@given(ROWS, st.randoms(use_true_random=False), st.integers(12, 128))
def test_whatever_the_groups_titles_are_legal_distinct_and_the_same_in_any_order(rows, chance, limit):
    titles = GroupTree(rows).titles(limit)
    assert set(titles) == {row[1] for row in rows if not row[6] and not row[7]}
    assert len(set(titles.values())) == len(titles)
    assert all(title.strip() and len(title) <= limit for title in titles.values())
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert GroupTree(shuffled).titles(limit) == titles


@pytest.mark.django_db
def test_the_tree_of_a_store_is_made_of_its_own_rows():
    store = CachedStoreFactory()
    CachedGroupFactory(store=store, evotor_id="tea", name="Чай", vk_category_id=7)
    CachedGroupFactory(store=store, evotor_id="green", parent_id="tea", name="Зелёный")
    CachedGroupFactory(evotor_id="other")
    tree = GroupTree.of(store)
    assert tree.titles() == {"tea": "Чай", "green": "Чай / Зелёный"}
    assert tree.category("green") == 7
    with pytest.raises(KeyError):
        tree.row("other")
