"""Numbers, money and moments as pages write them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template.loader import render_to_string
from django.utils.translation import override

from evosync.base import clock
from evosync.templatetags import site


def test_money_is_written_as_a_price_tag_is():
    assert site.money(Decimal("1234.5")) == "1\xa0234,50\xa0₽"
    assert site.money(None) == "—"
    with override("en"):
        assert site.money(Decimal("1234.5")) == "1,234.50\xa0₽"


def test_long_numbers_are_grouped():
    assert (site.number(1234567), site.number(Decimal("1.50")), site.number(0)) == ("1\xa0234\xa0567", "1,50", "0")


def test_a_moment_is_told_in_the_readers_zone():
    assert site.moment(datetime(2026, 3, 6, 11, 30, tzinfo=UTC)) == "06.03.2026 14:30"
    assert site.moment(None) == "—"


@pytest.mark.parametrize(
    ("back", "words"), [(5, "только что"), (60, "1\xa0минута"), (7300, "2\xa0часа"), (86400 * 3, "3\xa0дня")]
)
def test_how_long_ago(back, words):
    assert site.ago(clock.now() - timedelta(seconds=back)).startswith(words)


def test_an_icon_stands_in_the_page_and_is_silent():
    svg = site.icon("plug")
    assert svg.startswith("<svg") and 'aria-hidden="true"' in svg and "style=" not in svg


def test_a_pager_keeps_the_rest_of_the_query(rf):
    page = Paginator(range(25_000), 10).page(2)
    request = rf.get("/catalog", {"q": "чай", "page": "2"})
    shown = render_to_string("includes/pager.html", {"page": page}, request)
    assert "2 из 2\xa0500" in shown
    assert "?q=%D1%87%D0%B0%D0%B9&amp;page=1" in shown and "?q=%D1%87%D0%B0%D0%B9&amp;page=3" in shown
    assert "nav" not in render_to_string("includes/pager.html", {"page": Paginator([1], 10).page(1)})


def test_a_field_has_the_class_of_its_kind_and_says_its_label_once():
    class Form(forms.Form):
        name = forms.CharField(label="Имя", widget=forms.TextInput(attrs={"placeholder": "Имя"}))
        price = forms.CharField(widget=forms.TextInput(attrs={"placeholder": "100"}))
        on = forms.BooleanField()
        kind = forms.ChoiceField(choices=[("a", "А")])

    form = Form({"on": "1", "kind": "a", "price": "1"})
    name, price, on, kind = (site.control(field) for field in form)
    assert "form-control is-invalid" in name and "placeholder" not in name and 'placeholder="100"' in price
    assert 'class="form-check-input"' in on and 'class="form-select"' in kind
