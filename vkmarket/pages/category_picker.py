"""The picker of a VK category, for every page that sets one: `includes/category_picker.html`."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render

from vkmarket import categories
from vkmarket.finding import WORDS_MAX
from vkmarket.models import VkCategory

from .posted import number_of

SHOWN = 30


@dataclass(frozen=True, slots=True)
class Picker:
    """What the picker shows: the choice of now, and the categories found by the words typed."""

    name: str
    form: str
    chosen: int | None
    chosen_path: str
    query: str
    found: list[VkCategory]
    # There are more than are shown: the words should be narrowed.
    more: bool
    # VK was asked for its categories at all.
    known: bool
    # The chosen one takes no goods any more.
    dropped: bool
    # What no category means here; "": one has to be chosen.
    none: str = ""


def picker(request, *, name: str, form: str, chosen: int | None, none: str = "") -> Picker:
    """For a page that sets a category: the field `name` of the form whose HTML id is `form`. `none`: what it means to
    choose no category there. The page puts the include outside the form."""
    query = request.GET.get("q", "")[:WORDS_MAX]
    found = list(categories.search(query)[: SHOWN + 1])
    leaf = VkCategory.objects.filter(category_id=chosen).first() if chosen else None
    return Picker(
        name=name,
        form=form,
        chosen=chosen,
        chosen_path=leaf.path if leaf else "",
        query=query,
        found=[category for category in found[:SHOWN] if category.category_id != chosen],
        more=len(found) > SHOWN,
        known=bool(found) or VkCategory.objects.filter(is_leaf=True).exists(),
        dropped=bool(chosen) and not (leaf and leaf.is_leaf),
        none=none,
    )


def chosen_of(request, name: str) -> int | None:
    """The category that a posted picker says, None for none. Raises ValueError for what takes no goods."""
    posted = request.POST.get(name, "").strip()
    if not posted:
        return None
    category_id = number_of(posted)
    if category_id is None or not VkCategory.objects.filter(category_id=category_id, is_leaf=True).exists():
        raise ValueError("no such category")
    return category_id


@login_required
def search(request) -> HttpResponse:
    """The picker's list alone, as the merchant types."""
    context = picker(
        request,
        name=request.GET.get("name", "")[:50],
        form=request.GET.get("form", "")[:50],
        chosen=number_of(request.GET.get("chosen", "")),
        none=request.GET.get("none", "")[:200],
    )
    return render(request, "includes/category_picker.html#found", {"picker": context})
