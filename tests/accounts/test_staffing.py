"""Accounts made and changed by others: the model's promises, `add_account`, `add_staff`, `createsuperuser`."""

import io

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from accounts.models import Role, Status, User
from accounts.staffing import activate, add_account

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db


def groups(user):
    return set(user.groups.values_list("name", flat=True))


def verified(user):
    return list(user.emailaddress_set.values_list("email", "verified", "primary"))


def test_an_account_is_kept_in_lower_case_with_one_role_and_a_confirmed_email():
    user, new = add_account(" Lavka@Example.ORG ", PASSWORD)
    assert new and user.email == "lavka@example.org" and user.is_active and user.check_password(PASSWORD)
    assert groups(user) == {"user"} and not user.is_staff
    assert verified(user) == [("lavka@example.org", True, True)]


@pytest.mark.parametrize(
    ("role", "staff", "superuser"), [(Role.USER, False, False), (Role.ADMIN, True, False), (Role.SYSTEM, True, True)]
)
def test_rights_follow_from_the_role_and_change_with_it(role, staff, superuser):
    user, _new = add_account("a@example.org", PASSWORD, Role.ADMIN)
    user, new = add_account("A@example.org", None, role)
    assert not new and (user.is_staff, user.is_superuser) == (staff, superuser)
    assert groups(user) == {role} and user.role == role
    assert user.check_password(PASSWORD)


def test_a_group_of_the_installation_outlives_a_change_of_role(django_user_model):
    user, _new = add_account("a@example.org", PASSWORD)
    user.groups.add(Group.objects.create(name="бухгалтерия"))
    user.set_role(Role.ADMIN)
    assert groups(user) == {"admin", "бухгалтерия"}


@pytest.mark.parametrize("password", ["12345678", "password", "short", "lavka@example.org"])
def test_a_weak_password_makes_no_account(password):
    with pytest.raises(ValidationError):
        add_account("lavka@example.org", password)
    assert not User.objects.exists()


def test_activating_confirms_the_email_and_forgets_an_older_one(account):
    user = account(status=Status.PENDING)
    user.email = "new@example.org"
    user.save()
    activate(user)
    user.refresh_from_db()
    assert user.is_active and verified(user) == [("new@example.org", True, True)]


def run(*args, **options):
    out = io.StringIO()
    call_command("add_staff", *args, stdout=out, **options)
    return out.getvalue()


def test_add_staff_makes_an_account_that_signs_in_at_the_admin(client, sign_in):
    assert "made, role admin" in run("Boss@example.org", "--role", "admin", "--password", PASSWORD)
    sign_in("boss@example.org")
    assert client.get("/admin/").status_code == 200


def test_the_first_account_of_staff_may_do_everything():
    run("boss@example.org", "--password", PASSWORD)
    assert User.objects.get().role == Role.SYSTEM


def test_repeating_updates_and_keeps_what_is_not_named(account):
    account("boss@example.org", Role.ADMIN, Status.SUSPENDED)
    assert "updated, role admin" in run("boss@example.org")
    user = User.objects.get()
    assert user.is_active and user.check_password(PASSWORD)

    run("boss@example.org", "--role", "system", "--password", "Drugoj-Chaj-5")
    user = User.objects.get()
    assert user.role == Role.SYSTEM and user.check_password("Drugoj-Chaj-5")


def test_the_password_may_come_from_the_environment_or_standard_input(monkeypatch):
    monkeypatch.setenv("EVOSYNC_PASSWORD", PASSWORD)
    run("a@example.org")
    monkeypatch.setattr("sys.stdin", io.StringIO("Kofe-Chai-88\n"))
    run("b@example.org", "--password", "-")
    assert User.objects.get(email="a@example.org").check_password(PASSWORD)
    assert User.objects.get(email="b@example.org").check_password("Kofe-Chai-88")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_at_a_terminal_it_is_asked_for_twice(monkeypatch):
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda prompt: PASSWORD)
    run("a@example.org")
    assert User.objects.get().check_password(PASSWORD)

    answers = iter(["Kofe-Chai-88", "Kofe-Chai-99"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    with pytest.raises(CommandError, match="differ"):
        run("a@example.org")
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["a@example.org", "--password", "12345678"], "password"),
        (["no-email", "--password", PASSWORD], "valid email"),
        (["a@example.org"], "EVOSYNC_PASSWORD"),
    ],
)
def test_a_refusal_is_a_sentence_and_makes_nothing(args, said, monkeypatch):
    monkeypatch.delenv("EVOSYNC_PASSWORD", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(CommandError, match=said) as refused:
        run(*args)
    assert refused.value.returncode == 1 and not User.objects.exists()


def test_createsuperuser_has_the_same_effect(client, sign_in, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", "--noinput", "--email", "Boss@Example.org", stdout=io.StringIO())
    user = User.objects.get()
    assert user.is_active and user.role == Role.SYSTEM and groups(user) == {"system"}
    assert verified(user) == [("boss@example.org", True, True)]
    sign_in(user.email)
    assert client.get("/admin/").status_code == 200
