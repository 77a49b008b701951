import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from catalog.choices import Choices, set_choice
from catalog.mirroring import usable_id
from catalog.models import SyncFilter
from tests.factories import UserFactory

STORE_ON = ("store", "S", "", "include")


def published(choices, store, chain, product) -> bool:
    return choices.of_products(store).get(product, choices.group_on(store, chain))


def test_nothing_is_published_until_the_store_is_on():
    assert not published(Choices([]), "S", (), "p")
    assert not published(Choices([("store", "S", "", "exclude")]), "S", (), "p")


def test_a_store_that_is_on_publishes_groups_new_groups_and_ungrouped_goods():
    choices = Choices([STORE_ON])
    assert published(choices, "S", (), "p")
    assert published(choices, "S", ("never seen before",), "p")
    assert not published(choices, "another store", (), "p")


@pytest.mark.parametrize("kind, entity", [("group", "g"), ("product", "p")])
def test_an_include_inside_a_store_that_is_off_publishes_nothing(kind, entity):
    assert not published(Choices([(kind, entity, "S", "include")]), "S", ("g",), "p")


def test_the_nearest_choice_wins():
    rows = [STORE_ON, ("group", "tea", "S", "exclude"), ("group", "green", "S", "include")]
    choices = Choices(rows)
    assert not published(choices, "S", ("tea",), "p")
    assert published(choices, "S", ("green", "tea"), "p")
    assert published(choices, "S", ("sencha", "green", "tea"), "p")
    assert not published(Choices([*rows, ("product", "p", "S", "exclude")]), "S", ("green", "tea"), "p")
    assert published(Choices([*rows, ("product", "p", "S", "include")]), "S", ("tea",), "p")


def test_goods_without_a_group_share_a_choice_that_is_no_groups():
    choices = Choices([STORE_ON, ("group", "ungrouped", "S", "exclude"), ("product", "own", "S", "include")])
    assert not published(choices, "S", (), "p") and not choices.group_on("S", ())
    assert published(choices, "S", (), "own")
    assert published(choices, "S", ("tea",), "p") and choices.group_on("S", ("tea",))
    assert not usable_id("ungrouped")


def test_a_choice_counts_in_its_own_store_alone():
    choices = Choices([STORE_ON, ("store", "T", "", "include"), ("product", "p", "T", "exclude")])
    assert published(choices, "S", (), "p")
    assert not published(choices, "T", (), "p")


def test_ids_that_differ_in_case_are_different():
    choices = Choices([STORE_ON, ("product", "ab", "S", "exclude")])
    assert published(choices, "S", (), "AB")


def test_a_groups_state_is_what_its_goods_get():
    choices = Choices([STORE_ON, ("group", "tea", "S", "exclude")])
    assert not choices.group_on("S", ("green", "tea"))
    assert choices.group_on("S", ())
    assert not choices.group_on("T", ())


MODES = st.sampled_from(["include", "exclude", "inherit"])


@given(store=MODES, groups=st.lists(MODES, max_size=6), product=MODES)
def test_published_is_the_first_spoken_word_within_a_store_that_is_on(store, groups, product):
    chain = tuple(f"g{n}" for n in range(len(groups)))
    rows = [("store", "S", "", store), ("product", "p", "S", product)]
    rows += [("group", group_id, "S", mode) for group_id, mode in zip(chain, groups, strict=True)]
    spoken = [mode for mode in [product, *groups] if mode != "inherit"]
    expected = store == "include" and (not spoken or spoken[0] == "include")
    assert published(Choices([row for row in rows if row[3] != "inherit"]), "S", chain, "p") is expected


@given(st.permutations([STORE_ON, ("group", "g", "S", "exclude"), ("product", "p", "S", "include")]))
def test_the_order_of_the_rows_does_not_matter(rows):
    choices = Choices(rows)
    assert published(choices, "S", ("g",), "p") and not published(choices, "S", ("g",), "q")


@pytest.mark.django_db
def test_a_choice_is_absolute_and_safe_to_repeat():
    user = UserFactory()
    for mode in ("include", "include", "exclude", "exclude"):
        set_choice(user, "store", "S", "", mode)
    assert list(SyncFilter.objects.values_list("user", "entity_id", "mode")) == [(user.pk, "S", "exclude")]
    for _again in range(2):
        set_choice(user, "store", "S", "", "inherit")
        assert not SyncFilter.objects.exists()


@pytest.mark.django_db
def test_a_choice_is_written_in_one_statement_so_that_two_at_once_cannot_clash():
    user = UserFactory()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        set_choice(user, "product", "p", "S", "exclude")
    written = [query["sql"] for query in queries if "sync_filters" in query["sql"]]
    assert len(written) == 1 and written[0].startswith("INSERT")


@pytest.mark.django_db
def test_choices_of_one_merchant_are_not_anothers():
    mine, other = UserFactory(), UserFactory()
    set_choice(mine, "store", "S", "", "include")
    set_choice(mine, "group", "g", "S", "exclude")
    assert published(Choices.of(mine), "S", (), "p")
    assert not published(Choices.of(mine), "S", ("g",), "p")
    assert not published(Choices.of(other), "S", (), "p")
    set_choice(other, "store", "S", "", "inherit")
    assert Choices.of(mine).store_on("S")


@pytest.mark.parametrize(
    "choice",
    [
        ("shop", "S", "", "include"),
        ("store", "S", "", "on"),
        ("store", "S", "T", "include"),
        ("group", "g", "", "include"),
        ("product", "", "S", "include"),
    ],
)
def test_a_choice_that_names_nothing_is_refused(choice):
    with pytest.raises(ValueError):
        set_choice(UserFactory.build(), *choice)
