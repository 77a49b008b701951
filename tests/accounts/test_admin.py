"""Accounts in the staff panel: what each role of staff may do to whom."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.models import Role, Status, User

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db
LIST = "/admin/accounts/user/"


@pytest.fixture
def browser(client, account):
    def signed_in(role):
        client.force_login(account(f"{role}@staff.example", role))
        return client

    return signed_in


def page(user):
    return reverse("admin:accounts_user_change", args=[user.pk])


def form(user, **changes):
    return {"email": user.email, "full_name": "", "phone": "", "status": user.status} | changes


def act(browser, action, *users, confirmed=True):
    data = {"action": action, "_selected_action": [user.pk for user in users]}
    return browser.post(LIST, data | ({"confirmed": "yes"} if confirmed else {}))


def status(user):
    return User.objects.get(pk=user.pk).status


def test_suspending_asks_first_then_does_and_keeps_a_record(browser, account):
    merchant, staff = account(), browser(Role.ADMIN)
    asked = act(staff, "suspend_accounts", merchant, confirmed=False).content.decode()
    assert "Приостановить эти аккаунты?" in asked and merchant.email in asked
    assert status(merchant) == Status.ACTIVE

    act(staff, "suspend_accounts", merchant)
    assert status(merchant) == Status.SUSPENDED
    assert LogEntry.objects.get(object_id=str(merchant.pk)).get_change_message() == "приостановлен"


def test_activating_lets_a_pending_person_in(browser, account, sign_in):
    waiting = User.objects.create_user("wait@example.org", PASSWORD)
    act(browser(Role.ADMIN), "activate_accounts", waiting)
    assert status(waiting) == Status.ACTIVE
    assert sign_in(waiting.email).url == "/"


def test_staff_accounts_are_the_business_of_system(browser, account):
    other, merchant = account("other@staff.example", Role.ADMIN), account()
    staff = browser(Role.ADMIN)
    act(staff, "suspend_accounts", other, merchant)
    assert (status(other), status(merchant)) == (Status.ACTIVE, Status.SUSPENDED)
    assert staff.post(page(other), form(other, status="suspended")).status_code == 403
    assert staff.get(f"{LIST}{other.pk}/password/").status_code == 403

    act(browser(Role.SYSTEM), "suspend_accounts", other)
    assert status(other) == Status.SUSPENDED


def test_nobody_shuts_the_door_on_themselves(browser, account):
    system = browser(Role.SYSTEM)
    me = User.objects.get(email="system@staff.example")
    act(system, "suspend_accounts", me)
    system.post(page(me), form(me, status="suspended", role="user", full_name="Я"))
    me.refresh_from_db()
    assert (me.status, me.role, me.full_name) == (Status.ACTIVE, Role.SYSTEM, "Я")


def test_system_changes_a_role_and_its_rights_follow(browser, account):
    merchant = account()
    assert browser(Role.SYSTEM).post(page(merchant), form(merchant, role="admin")).status_code == 302
    merchant = User.objects.get(pk=merchant.pk)
    assert merchant.role == Role.ADMIN and merchant.is_staff
    assert set(merchant.groups.values_list("name", flat=True)) == {"admin"}
    assert merchant.has_perm("catalog.view_cachedproduct")


def test_admin_cannot_hand_out_a_role(browser, account):
    merchant = account()
    data = form(merchant, role="system", is_superuser="on", is_staff="on", full_name="Анна")
    assert browser(Role.ADMIN).post(page(merchant), data).status_code == 302
    merchant = User.objects.get(pk=merchant.pk)
    assert (merchant.role, merchant.full_name) == (Role.USER, "Анна")


def test_a_changed_email_is_the_new_login_at_once(browser, account, sign_in):
    merchant = account()
    browser(Role.ADMIN).post(page(merchant), form(merchant, email="New@Example.org"))
    assert sign_in("new@example.org").url == "/"
    assert list(merchant.emailaddress_set.values_list("email", "verified")) == [("new@example.org", True)]


def test_a_second_spelling_of_an_email_is_refused_on_the_page(browser, account):
    account("taken@example.org")
    merchant = account()
    answer = browser(Role.ADMIN).post(page(merchant), form(merchant, email="TAKEN@example.org"))
    assert answer.status_code == 200 and "уже существует" in answer.content.decode()


def test_system_makes_an_account_that_signs_in(browser, sign_in):
    data = {
        "email": "New@Example.org",
        "full_name": "Анна",
        "phone": "",
        "role": "user",
        "status": "active",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    assert browser(Role.SYSTEM).post(f"{LIST}add/", data).status_code == 302
    assert User.objects.get(email="new@example.org").role == Role.USER
    assert sign_in("new@example.org").url == "/"
    assert browser(Role.ADMIN).get(f"{LIST}add/").status_code == 403


def test_accounts_are_filtered_by_status_and_role(browser, account):
    account("off@example.org", status=Status.SUSPENDED)
    account("lavka@example.org")
    staff = browser(Role.SYSTEM)
    off = staff.get(f"{LIST}?status__exact=suspended").content.decode()
    assert "off@example.org" in off and "lavka@example.org" not in off
    systems = staff.get(f"{LIST}?role=system").content.decode()
    assert "system@staff.example</a>" in systems and "lavka@example.org" not in systems


def test_accounts_are_not_deleted_from_here(browser, account):
    merchant = account()
    assert browser(Role.SYSTEM).post(f"{LIST}{merchant.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_role_keeps_its_name_and_cannot_be_deleted(browser):
    staff, group = browser(Role.SYSTEM), Group.objects.get(name="admin")
    address = f"/admin/auth/group/{group.pk}/"
    assert staff.post(f"{address}delete/", {"post": "yes"}).status_code == 403
    staff.post(f"{address}change/", {"name": "boss", "permissions": []})
    assert Group.objects.get(pk=group.pk).name == "admin"
