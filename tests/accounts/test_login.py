"""The doors: who gets in, who is told why not, and the way out."""

import re

import pytest
from django.core import mail
from django.core.cache import cache

from accounts.models import Role, Status, User
from accounts.staffing import suspend

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def attempts_forgotten():
    cache.clear()


def test_the_start_page_leads_a_stranger_to_login_and_an_owner_to_the_profile(client, account, sign_in):
    assert client.get("/").url == "/login"
    sign_in(account().email)
    assert client.get("/").url == "/profile"


def test_the_login_page_is_russian_and_offers_no_page_that_is_not_there(client):
    page = client.get("/login").content.decode()
    assert "<h1>Вход</h1>" in page and "Пароль" in page and "Запомнить меня" in page
    for address in re.findall(r'href="(/[^"]*)"', page):
        assert address == "/" or address.startswith("/static/") or client.get(address).status_code == 200, address


def test_the_right_password_opens_in_any_case_of_the_email(client, account, sign_in):
    account("lavka@example.org")
    assert sign_in("Lavka@Example.ORG").url == "/"
    assert client.get("/profile").status_code == 200


def test_a_wrong_password_says_so_and_keeps_the_door_shut(client, account, sign_in):
    answer = sign_in(account().email, "wrong-password")
    assert "неверны" in answer.content.decode()
    assert client.get("/profile").url == "/login?next=/profile"


def test_too_many_attempts_are_stopped_even_with_the_right_password(client, account, sign_in):
    email = account().email
    for _attempt in range(12):
        sign_in(email, "wrong-password")
    assert "Слишком много" in sign_in(email).content.decode()
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("status", "said"),
    [(Status.SUSPENDED, "Аккаунт приостановлен"), (Status.PENDING, "Аккаунт ещё не подтверждён")],
)
def test_a_closed_account_is_told_why_once_its_password_is_right(client, account, sign_in, status, said):
    email = account(status=status).email
    refused = sign_in(email)
    assert refused.status_code == 403 and said in refused.content.decode()
    assert client.get("/profile").status_code == 302
    assert said not in sign_in(email, "wrong-password").content.decode()


def test_suspending_ends_an_open_session(client, account, sign_in):
    user = account()
    sign_in(user.email)
    suspend(user)
    assert client.get("/profile").url.startswith("/login")


def test_an_unconfirmed_email_gets_a_letter_whose_link_opens_the_door(client, sign_in):
    User.objects.create_user("new@example.org", PASSWORD, status=Status.ACTIVE)
    assert sign_in("new@example.org").url == "/confirm-email"
    assert "Подтвердите почту" in client.get("/confirm-email").content.decode()

    link = re.search(r"http://testserver(/confirm-email/\S+)", mail.outbox[0].body)[1]
    assert "new@example.org" in client.get(link).content.decode()
    client.post(link)
    sign_in("new@example.org")
    assert client.get("/profile").status_code == 200


def test_a_broken_link_is_a_page_and_not_an_error(client):
    assert "Ссылка устарела" in client.get("/confirm-email/nothing").content.decode()


def test_after_login_only_pages_of_this_site_are_opened(account, sign_in):
    email = account().email
    assert sign_in(email, next="https://evil.example/").url == "/"
    assert sign_in(email, next="/admin/").url in ("/admin/", "/")


def test_logout_asks_on_get_and_does_on_post(client, account, sign_in):
    sign_in(account().email)
    assert "Выйти?" in client.get("/logout").content.decode()
    assert client.get("/profile").status_code == 200
    client.post("/logout")
    assert client.get("/profile").status_code == 302


def test_staff_sign_in_by_the_same_door(client, account, sign_in):
    boss = account("boss@example.org", Role.SYSTEM)
    to_login = client.get("/admin/", follow=True)
    assert to_login.redirect_chain[-1][0].startswith("/login?next=")
    assert sign_in(boss.email, next="/admin/").url == "/admin/"
    assert client.get("/admin/").status_code == 200
    client.post("/admin/logout/")
    assert client.get("/profile").status_code == 302


def test_a_merchant_has_no_business_in_the_admin(client, account, sign_in):
    sign_in(account().email)
    assert client.get("/admin/", follow=True).status_code == 403
