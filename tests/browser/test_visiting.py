"""The visitor itself: of a page with one of each fault it tells every one, and of a good page none."""

import pytest

from .visiting import Visitor

POLICY = "default-src 'self'; img-src * data:; style-src 'unsafe-inline'"
GOOD = "<!doctype html><html lang=ru><title>Страница</title><link rel=icon href=data:,><main><h1>Страница</h1>{}</main>"
FAULTS = {
    "axe: image-alt": "<img src=/picture.png>",
    "axe: color-contrast": "<p style='color:#ccc;background:#fff'>Цена</p>",
    "console: Executing inline script violates": "<script>document.title = 'Чужой'</script>",
    "foreign host: elsewhere.example": "<img alt='' src=http://elsewhere.example/picture.png>",
    "wider than the window": "<div style='width:2000px'>Широко</div>",
    "console: Failed to load resource": "<img alt='' src=/missing.png>",
}


@pytest.fixture
def visitor(chromium, site, tmp_path):
    with Visitor(chromium, site, tmp_path, "ru", viewport={"width": 390, "height": 844}) as visitor:
        # Nothing of it goes over the network.
        visitor.page.route("**/*", lambda route: route.fulfill(status=200, content_type="image/png"))
        visitor.page.route("**/missing.png", lambda route: route.fulfill(status=404))
        yield visitor


def faults_of(visitor: Visitor, body: str) -> list[str]:
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}
    visitor.page.route("**/page", lambda route: route.fulfill(body=GOOD.format(body), headers=headers))
    visitor.page.goto("/page")
    return visitor.faults()


def test_a_good_page_has_no_fault(visitor):
    assert faults_of(visitor, "<p>Всё хорошо</p>") == []


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_told(visitor, fault):
    told = faults_of(visitor, FAULTS[fault])
    assert len(told) == 1 and told[0].startswith(fault), told


def test_what_was_told_is_not_told_of_the_next_page(visitor):
    assert faults_of(visitor, FAULTS["console: Executing inline script violates"])
    assert faults_of(visitor, "<p>Всё хорошо</p>") == []
