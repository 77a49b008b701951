"""Goods of a store: found, each with what the till says and what VK shows."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from catalog.choices import UNGROUPED, Choices
from catalog.models import CachedGroup, CachedProduct, CachedStore
from connections.models import Community
from vkmarket.finding import Filter, Sort, Wanted
from vkmarket.pages.addresses import address_in_vk
from vkmarket.standing import Observer, Standing

from .access import store_of, why_empty
from .group_filter import groups_of

PAGE = 25


@login_required
def products(request, store_id: str) -> HttpResponse:
    store, community = store_of(request, store_id), Community.objects.linked_by(request.user)
    wanted = Wanted.of(request.GET)
    listed = wanted.listed(store, community)
    page: Page = Paginator(listed, PAGE).get_page(request.GET.get("page"))
    context = {
        "store": store,
        "store_on": Choices.in_store(request.user, store.evotor_id).store_on(store.evotor_id),
        "wanted": wanted,
        "group_name": name_of_place(store, wanted.group),
        # Searched for without JavaScript; else asked for when the picker is opened.
        "groups": groups_of(request, store) if "groups" in request.GET else None,
        "filters": Filter.choices,
        "sorts": Sort.choices,
        "page": page,
        "found": page.paginator.count,
        "more": listed.more,
        "rows": Observer(request.user, store, community).look(list(page.object_list)),
        "community": community,
        "why_empty": "" if page.object_list else why_empty(store),
    }
    return render(request, "catalog/products.html", context)


def name_of_place(store: CachedStore, group_id: str) -> str:
    """The group that the list is cut down to, as the merchant knows it."""
    if not group_id:
        return ""
    if group_id == UNGROUPED:
        return _("Без группы")
    group = CachedGroup.objects.filter(store=store, evotor_id=group_id).first()
    return group.name if group else _("Такой группы больше нет")


def row_context(request, store: CachedStore, product: CachedProduct) -> dict:
    """What one row of the list needs, after its switch was pressed."""
    community = Community.objects.linked_by(request.user)
    (standing,) = Observer(request.user, store, community).look([product])
    choices = Choices.in_store(request.user, store.evotor_id)
    return {
        "row": standing,
        "store": store,
        "store_on": choices.store_on(store.evotor_id),
        "community": community,
        "here": request.POST.get("next", ""),
    }


def address_of(standing: Standing, community) -> str:
    """The item in VK, "" while there is none."""
    item_id = standing.listing.vk_item_id if standing.listing else None
    return address_in_vk(community, item_id) if community and item_id else ""
