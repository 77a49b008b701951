"""All that the merchant has switched by hand, with names, each to be taken back."""

from dataclasses import dataclass
from functools import reduce

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from catalog.choices import GROUP, INHERIT, PRODUCT, STORE, UNGROUPED
from catalog.mirroring import searchable
from catalog.models import CachedGroup, CachedProduct, CachedStore, SyncFilter
from vkmarket.choosing import Switch
from vkmarket.finding import WORDS_MAX

from .access import way_back
from .toggling import press

PAGE = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice with the name of its thing; "" where that has vanished."""

    row: SyncFilter
    name: str
    store: str
    gone: bool


@login_required
def filters(request) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:WORDS_MAX]
    chosen = SyncFilter.objects.of(request.user)
    total = chosen.count()
    if words:
        chosen = chosen.filter(_named(request.user, words))
    page = Paginator(chosen.order_by("entity_type", "pk"), PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "choices": named(request.user, page.object_list), "words": words, "total": total}
    return render(request, "catalog/filters.html", context)


def _named(user: User, words: str) -> Q:
    """Choices whose thing has all these words in its name."""
    said = searchable(words).split()
    holds = reduce(lambda all_, word: all_ & Q(search_text__contains=word), said, Q())
    # The stores by their keys: with them each choice is one look into an index.
    stores = {store.pk: store for store in CachedStore.objects.of(user)}
    of_store = {"store__in": list(stores), "store__evotor_id": OuterRef("parent_entity_id")}
    groups = CachedGroup.objects.filter(holds, evotor_id=OuterRef("entity_id"), **of_store)
    products = CachedProduct.objects.filter(holds, evotor_id=OuterRef("entity_id"), **of_store)
    ids = [store.evotor_id for store in stores.values() if all(word in searchable(store.name) for word in said)]
    by_name = Q(entity_type=STORE, entity_id__in=ids)
    by_name |= Q(Exists(groups), entity_type=GROUP) | Q(Exists(products), entity_type=PRODUCT)
    if all(word in searchable(_("Без группы")) for word in said):
        by_name |= Q(entity_type=GROUP, entity_id=UNGROUPED)
    return by_name


def named(user: User, rows) -> list[Choice]:
    """The choices with the names of their things: a query for each kind, however many there are."""
    rows = list(rows)
    own = list(CachedStore.objects.of(user))
    stores = {store.evotor_id: store.name for store in own}
    names = {GROUP: _names(CachedGroup.objects.filter(store__in=own), rows, GROUP)}
    names[PRODUCT] = _names(CachedProduct.objects.filter(store__in=own), rows, PRODUCT)
    return [_choice(row, stores, names) for row in rows]


def _names(things: QuerySet, rows: list[SyncFilter], kind: str) -> dict[tuple[str, str], tuple[str, bool]]:
    """`things`: of certain stores, else no index helps."""
    ids = [row.entity_id for row in rows if row.entity_type == kind]
    found = things.filter(evotor_id__in=ids).values_list("store__evotor_id", "evotor_id", "name", "absent_since")
    return {(store, thing): (name, since is not None) for store, thing, name, since in found}


def _choice(row: SyncFilter, stores: dict, names: dict) -> Choice:
    if row.entity_type == STORE:
        return Choice(row, stores.get(row.entity_id, ""), "", row.entity_id not in stores)
    store = stores.get(row.parent_entity_id, "")
    if row.entity_id == UNGROUPED:
        return Choice(row, _("Без группы"), store, row.parent_entity_id not in stores)
    name, gone = names[row.entity_type].get((row.parent_entity_id, row.entity_id), ("", True))
    return Choice(row, name, store, gone)


@login_required
@require_POST
def forget(request, pk: int) -> HttpResponse:
    """Take one choice back; asks first where many goods would leave VK by it."""
    back = way_back(request, reverse("catalog:filters"))
    row = SyncFilter.objects.of(request.user).filter(pk=pk).first()
    if row is None:
        # Taken back already, or never one of theirs: nothing is left to do, and nobody learns which.
        messages.info(request, _("Этого выбора уже нет."))
        return redirect(back)
    store = CachedStore.objects.of(request.user).filter(evotor_id=row.parent_entity_id or row.entity_id).first()
    products = CachedProduct.objects.filter(store=store, evotor_id=row.entity_id)
    if store is None or (row.entity_type == PRODUCT and not products.exists()):
        row.delete()
        messages.success(request, _("Выбор убран: того, к чему он относился, больше нет."))
        return redirect(back)
    switch = Switch(request.user, store, INHERIT, kind=row.entity_type, group_id=row.entity_id, products=products)
    return press(request, switch, back)
