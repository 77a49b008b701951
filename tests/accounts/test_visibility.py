"""Who sees whose rows: `visible_to` of a model that belongs to a merchant."""

import pytest
from django.contrib.auth.models import Permission
from guardian.shortcuts import assign_perm

from accounts.models import Role
from connections.models import EvotorConnection
from tests.factories import EvotorConnectionFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs():
    return EvotorConnectionFactory()


def seen_by(user) -> set:
    return set(EvotorConnection.objects.visible_to(user))


def test_a_merchant_sees_their_own_alone(theirs):
    own = EvotorConnectionFactory()
    assert seen_by(own.user) == {own}
    assert seen_by(UserFactory()) == set()


def test_one_row_can_be_opened_to_somebody(theirs):
    EvotorConnectionFactory()
    helper = UserFactory()
    assign_perm("view_evotorconnection", helper, theirs)
    assert seen_by(helper) == {theirs}


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SYSTEM])
def test_staff_see_all(theirs, role):
    staff = UserFactory()
    staff.set_role(role)
    assert seen_by(staff) == {theirs}


def test_a_right_to_all_opens_nothing_to_a_merchant(theirs):
    merchant = UserFactory()
    merchant.user_permissions.add(Permission.objects.get(codename="view_evotorconnection"))
    assert seen_by(merchant) == set()
