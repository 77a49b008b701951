"""The picker of the group that a list of goods is cut down to: a search, since a shop may have ten thousand groups."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.choices import UNGROUPED
from catalog.groups import GroupTree
from catalog.models import CachedGroup, CachedStore
from vkmarket.finding import WORDS_MAX, holds

from .access import store_of

SHOWN = 30
# What else the list is cut down to.
KEPT = ("q", "state", "sort", "why")


@dataclass(frozen=True, slots=True)
class Option:
    """One group with the groups above it, and the list cut down to it."""

    name: str
    path: str
    address: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Groups:
    """What the picker shows: groups found by the words typed, at first those that lie in no other."""

    words: str
    options: list[Option]
    # There are more than are shown: the words should be narrowed.
    more: bool


def groups_of(request, store: CachedStore) -> Groups:
    """In as many queries as the groups found lie deep, however many there are."""
    words = request.GET.get("groups", "").strip()[:WORDS_MAX]
    rows = CachedGroup.objects.present().filter(holds(words), store=store)
    if not words:
        rows = rows.filter(parent_id="")
    found = list(rows.order_by("search_text", "evotor_id").values_list("evotor_id", "name", "parent_id")[: SHOWN + 1])
    tree = GroupTree.above(store, {parent for _id, _name, parent in found})
    options = [
        _option(request, store, group_id, name or _("Без названия"), " / ".join(tree.path(parent)))
        for group_id, name, parent in found[:SHOWN]
    ]
    if not words:
        whole = [_option(request, store, "", _("Все группы")), _option(request, store, UNGROUPED, _("Без группы"))]
        options = [*whole, *options]
    return Groups(words, options, len(found) > SHOWN)


def _option(request, store: CachedStore, group_id: str, name: str, path: str = "") -> Option:
    asked = {name: request.GET.get(name, "") for name in KEPT} | {"group": group_id}
    query = urlencode({name: value for name, value in asked.items() if value})
    address = reverse("catalog:products", args=[store.evotor_id])
    return Option(name, path, f"{address}?{query}" if query else address, request.GET.get("group", "") == group_id)


@require_safe
@login_required
def options(request, store_id: str) -> HttpResponse:
    """The list alone, as the merchant types."""
    return render(request, "catalog/group_options.html", {"groups": groups_of(request, store_of(request, store_id))})
