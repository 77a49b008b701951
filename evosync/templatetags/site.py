"""How pages show icons, numbers, money and moments, and which entries the menu has."""

from datetime import datetime
from decimal import Decimal
from functools import cache
from urllib.parse import urlencode

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from lucide.templatetags.lucide import lucide

from evosync.base import clock

register = template.Library()
NBSP = "\xa0"


@register.simple_tag
@cache
def icon(name: str, size: int = 20) -> str:
    """A lucide icon inside the page: `{% icon "plug" %}`. It says nothing to a screen reader: put words beside it."""
    return lucide(name, size=size, **{"class": "icon", "aria-hidden": "true"})


@register.filter
def number(value) -> str:
    """1234567 as «1 234 567», 1.5 as «1,5»; None as a dash."""
    return "—" if value is None else number_format(value, force_grouping=True)


@register.filter
def money(value: Decimal | None) -> str:
    """Decimal("1234.5") as «1 234,50 ₽»; None as a dash."""
    return "—" if value is None else f"{number_format(value, 2, force_grouping=True)}{NBSP}₽"


@register.filter
def moment(value: datetime | None) -> str:
    """A time as «06.03.2026 14:30» in the reader's zone; None as a dash."""
    return "—" if value is None else clock.local_text(value)


@register.filter
def ago(value: datetime | None) -> str:
    """A past time as «5 минут назад»; None as a dash."""
    if value is None:
        return "—"
    now = clock.now()
    if (now - value).total_seconds() < 60:
        return _("только что")
    return _("%(time)s назад") % {"time": timesince(value, now, depth=1)}


@register.inclusion_tag("includes/nav_link.html", takes_context=True)
def nav_link(context, name: str, icon: str, text: str, also: str = "") -> dict:
    """An entry of the menu, if the page `name` is there. `also`: other addresses (by commas) under the same entry."""
    try:
        address = reverse(name)
    except NoReverseMatch:
        return {}
    path = getattr(context.get("request"), "path", "")
    here = any(path == one or path.startswith(f"{one}/") for one in (address, *filter(None, also.split(","))))
    return {"address": address, "icon": icon, "text": text, "here": here}


@register.simple_tag
def querystring_of(**values) -> str:
    """The values that are not None, as a query string of their own: `?{% querystring_of q=words page=2 %}`."""
    return urlencode({name: value for name, value in values.items() if value is not None})


@register.filter
def control(field) -> str:
    """A form's field with Bootstrap's class for its kind."""
    kinds = {"checkbox": "form-check-input", "select": "form-select"}
    css = kinds.get(field.widget_type, "form-control") + (" is-invalid" if field.errors else "")
    attrs: dict[str, str | bool] = {"class": css}
    if field.field.widget.attrs.get("placeholder") == field.label:
        # allauth says its labels twice.
        attrs["placeholder"] = False
    return field.as_widget(attrs=attrs)
