import pytest

from accounts.models import Role, Status
from accounts.staffing import add_account

PASSWORD = "Chai-Kofe-77"


@pytest.fixture
def account(db):
    """Makes an account that can sign in with PASSWORD, unless its status forbids it."""

    def make(email="lavka@example.org", role=Role.USER, status=Status.ACTIVE):
        return add_account(email, PASSWORD, role, status)[0]

    return make


@pytest.fixture
def sign_in(client):
    """Posts the form of /login, as a browser does."""

    def post(email, password=PASSWORD, **fields):
        return client.post("/login", {"login": email, "password": password} | fields)

    return post
