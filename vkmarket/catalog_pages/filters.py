"""All that the merchant has switched by hand, with names, each to be taken back."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from catalog.choices import GROUP, INHERIT, PRODUCT, STORE, UNGROUPED
from catalog.mirroring import searchable
from catalog.models import CachedGroup, CachedProduct, CachedStore, SyncFilter
from evosync.base.paging import MOST, Listed
from vkmarket.choosing import Switch
from vkmarket.finding import WORDS_MAX, holds
from vkmarket.pages.addresses import way_back

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
        chosen = chosen.filter(pk__in=_named(request.user, words))
    listed: Listed[SyncFilter] = Listed(chosen.order_by("entity_type", "pk"), count=None if words else total)
    page = Paginator(listed, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "choices": named(request.user, page.object_list), "words": words, "total": total}
    context["stores"] = bool(total) or CachedStore.objects.of(request.user).exists()
    return render(request, "catalog/filters.html", context)


def _named(user: User, words: str) -> list[int]:
    """Choices whose thing has all these words in its name; of very many the first.

    Each choice is one look at its thing, by the index of its store's ids; so each store is asked about apart, in one
    query.
    """
    said = searchable(words).split()
    mine, stores = SyncFilter.objects.of(user).order_by(), list(CachedStore.objects.of(user))
    ids = [store.evotor_id for store in stores if all(word in searchable(store.name) for word in said)]
    by_name = Q(entity_type=STORE, entity_id__in=ids)
    if all(word in searchable(_("Без группы")) for word in said):
        by_name |= Q(entity_type=GROUP, entity_id=UNGROUPED)
    found = [mine.filter(by_name).values("pk")]
    for store in stores:
        for kind, things in ((GROUP, CachedGroup), (PRODUCT, CachedProduct)):
            known = things.objects.filter(holds(words), store=store, evotor_id=OuterRef("entity_id"))
            chosen = mine.filter(Exists(known), entity_type=kind, parent_entity_id=store.evotor_id)
            found.append(chosen.values("pk"))
    return [row["pk"] for row in found[0].union(*found[1:], all=True)[: MOST + 1]]


def named(user: User, rows) -> list[Choice]:
    """The choices with the names of their things: a query for each kind, however many there are."""
    rows = list(rows)
    own = {store.pk: store for store in CachedStore.objects.of(user)}
    stores = {store.evotor_id: store for store in own.values()}
    names = {kind: _names(things, own, rows, kind) for kind, things in ((GROUP, CachedGroup), (PRODUCT, CachedProduct))}
    return [_choice(row, stores, names) for row in rows]


def _names(
    things: type[CachedGroup] | type[CachedProduct], stores: dict[int, CachedStore], rows: list[SyncFilter], kind: str
) -> dict[tuple[str, str], tuple[str, bool]]:
    """(Name, gone) of what was chosen, by the ids of its store and its own."""
    ids = [row.entity_id for row in rows if row.entity_type == kind]
    # By the stores' keys, and not joined with them: else no index helps.
    found = things.objects.filter(store__in=list(stores), evotor_id__in=ids)
    told = found.values_list("store", "evotor_id", "name", "absent_since")
    return {(stores[store].evotor_id, thing): (name, since is not None) for store, thing, name, since in told}


def _choice(row: SyncFilter, stores: dict[str, CachedStore], names: dict) -> Choice:
    store = stores.get(row.parent_entity_id or row.entity_id)
    name, gone = (store.name, store.absent_since is not None) if store else ("", True)
    if row.entity_type == STORE:
        return Choice(row, name, "", gone)
    if row.entity_id == UNGROUPED:
        return Choice(row, _("Без группы"), name, gone)
    own, vanished = names[row.entity_type].get((row.parent_entity_id, row.entity_id), ("", True))
    return Choice(row, own, name, gone or vanished)


@login_required
@require_POST
def forget(request, pk: int) -> HttpResponse:
    """Take one choice back; asks first where many goods would leave VK by it."""
    back = way_back(request, reverse("catalog:filters"))
    row = SyncFilter.objects.filter(pk=pk).first()
    if row and row.user_id != request.user.pk:
        raise Http404
    if row is None:
        # Taken back already.
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
