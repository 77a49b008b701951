"""Goods of a store: found, each with what the till says and what VK shows."""

from collections.abc import Sequence

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from catalog.choices import UNGROUPED, Choices
from catalog.models import CachedGroup, CachedProduct, CachedStore
from vkmarket.finding import Filter, Sort, Wanted
from vkmarket.standing import Observer, Standing

from .access import address_in_vk, community_of, store_of

PAGE = 50
FEW = 2000


class Keys(Sequence):
    """Primary keys in order, for a Paginator: the rows of one page are fetched by them, the others never.

    What was searched for is usually little and found by going through everything, so that is done once; of much, the
    number is asked for apart.
    """

    def __init__(self, found: QuerySet[CachedProduct], wanted: Wanted):
        self._found = found
        self._ordered = wanted.ordered(found).values_list("pk", flat=True)
        few = None if wanted.everything else list(self._ordered[: FEW + 1])
        self._few = few if few is not None and len(few) <= FEW else None

    @cached_property
    def _count(self) -> int:
        return self._found.count() if self._few is None else len(self._few)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, part):
        keys = list((self._ordered if self._few is None else self._few)[part])
        rows = CachedProduct.objects.in_bulk(keys)
        return [rows[key] for key in keys if key in rows]


@login_required
def products(request, store_id: str) -> HttpResponse:
    store, community = store_of(request, store_id), community_of(request.user)
    wanted = Wanted.of(request.GET)
    page: Page = Paginator(Keys(wanted.found(store, community), wanted), PAGE).get_page(request.GET.get("page"))
    context = {
        "store": store,
        "store_on": Choices.in_store(request.user, store.evotor_id).store_on(store.evotor_id),
        "wanted": wanted,
        "group_name": name_of_place(store, wanted.group),
        "filters": Filter.choices,
        "sorts": Sort.choices,
        "page": page,
        "found": page.paginator.count,
        "rows": Observer(request.user, store, community).look(list(page.object_list)),
        "community": community,
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
    community = community_of(request.user)
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
