"""A browser that comes by GET to where only a form may go: after signing in, or by switching the language."""

import pytest

from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def browser(client):
    client.force_login(UserFactory())
    return client


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/sync/now", "/sync"),
        ("/sync/settings", "/sync"),
        ("/sync/preview/7/approve", "/sync/preview"),
        ("/catalog/stores/s-1/products/toggle", "/catalog/stores/s-1/products"),
        ("/catalog/read", "/catalog"),
    ],
)
def test_they_get_the_page_above(browser, path, page):
    assert browser.get(path, headers=BROWSER).headers["Location"] == page
    assert browser.get(path).status_code == 405
    assert browser.get(path, headers=BROWSER | {"HX-Request": "true", "Accept": "*/*"}).status_code == 405


def test_a_form_sent_to_a_page_is_still_refused(browser):
    assert browser.post("/sync/preview", headers=BROWSER).status_code == 405
