"""The three groups and what `admin` may do with them."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from accounts import roles
from accounts.models import Role

pytestmark = pytest.mark.django_db


def rights(group):
    pairs = Group.objects.get(name=group).permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{code}" for app, code in pairs}


def test_the_three_roles_are_there_after_migrating():
    assert set(Group.objects.values_list("name", flat=True)) >= set(Role.values)


def test_admin_sees_every_model_of_ours_and_changes_a_few():
    found = rights("admin")
    for label in ("accounts", "connections", "catalog", "vkmarket", "django_q"):
        for model in apps.get_app_config(label).get_models():
            assert f"{label}.view_{model._meta.model_name}" in found
    assert {right for right in found if ".view_" not in right} == {
        "accounts.change_user",
        "connections.change_evotorconnection",
        "connections.change_vkconnection",
        "connections.change_ozonconnection",
        "catalog.change_syncconfig",
        "catalog.change_syncfilter",
    }
    assert not any(right.startswith("sessions.") for right in found)


def test_granting_again_changes_nothing_and_takes_nothing_away():
    extra = Permission.objects.get(codename="delete_user")
    Group.objects.get(name="admin").permissions.add(extra)
    before = rights("admin")
    for config in apps.get_app_configs():
        roles.grant(config)
    assert rights("admin") == before and "accounts.delete_user" in before


def test_a_lost_right_comes_back_with_the_next_migration():
    Group.objects.get(name="admin").permissions.clear()
    roles.grant(apps.get_app_config("catalog"))
    assert "catalog.change_syncfilter" in rights("admin")


def test_a_lost_group_comes_back_with_the_next_migration():
    Group.objects.all().delete()
    roles.grant(apps.get_app_config("accounts"))
    assert set(Group.objects.values_list("name", flat=True)) == set(Role.values)
    assert "accounts.change_user" in rights("admin") and rights("user") == set()


def test_the_role_user_has_no_rights_in_the_admin():
    assert rights("user") == set()
