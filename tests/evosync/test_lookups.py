"""`among`: many whole numbers in one question."""

import pytest
from django.db import connection

from accounts.models import User
from catalog.models import CachedProduct
from tests.factories import CachedProductFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_rows_are_found_by_their_keys_and_by_those_of_others():
    tea, milk, bread = (CachedProductFactory() for _ in range(3))
    rows = CachedProduct.objects
    assert set(rows.filter(pk__among={tea.pk, bread.pk})) == {tea, bread}
    assert set(rows.filter(store__among={milk.store_id})) == {milk}
    assert set(rows.exclude(pk__among={tea.pk})) == {milk, bread}


def test_more_than_a_statement_takes_parameters():
    user = UserFactory()
    assert User.objects.filter(pk__among=set(range(1, 300_000)) | {user.pk}).get() == user


def test_none_of_them_is_none():
    UserFactory()
    assert not User.objects.filter(pk__among=set()).exists()


def test_what_is_no_number_never_reaches_the_database():
    with pytest.raises(ValueError):
        User.objects.filter(pk__among={"1) OR (1=1"}).exists()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's connections alone keep statements")
def test_other_keys_are_no_other_statement():
    asked = [User.objects.filter(pk__among=keys).query.sql_with_params()[0] for keys in ({1, 2}, set(range(3000)))]
    assert asked[0] == asked[1]
