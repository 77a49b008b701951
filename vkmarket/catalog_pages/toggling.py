"""The switches of stores, groups and goods: absolute, safe to repeat; what would empty the showcase asks first."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from django_htmx.http import reselect, reswap, retarget

from catalog.choices import GROUP, MODES, PRODUCT, STORE, UNGROUPED
from catalog.models import CachedProduct, CachedStore
from connections.models import Community
from vkmarket.choosing import ASK_FROM, EXCLUDE, INCLUDE, Switch
from vkmarket.finding import Wanted
from vkmarket.pages.addresses import way_back
from vkmarket.pages.posted import number_of
from vkmarket.pages.promises import promised

from .access import group_of, product_of, refusal, store_of
from .products import row_context
from .stores import cards_of
from .tree import Shelves

# What a question hands on to the form that answers it.
NOT_ASKED_AGAIN = {"csrfmiddlewaretoken", "confirm"}


@login_required
@require_POST
def toggle_store(request, store_id: str) -> HttpResponse:
    store = store_of(request, store_id)
    return press(
        request,
        Switch(request.user, store, mode_of(request)),
        reverse("catalog:stores"),
        lambda: render(request, "catalog/stores.html#answer", _card_context(request, store)),
    )


def _card_context(request, store: CachedStore) -> dict:
    (card,) = cards_of(request.user, [store])
    return {"card": card}


@login_required
@require_POST
def toggle_group(request, store_id: str, group_id: str) -> HttpResponse:
    store = store_of(request, store_id)
    if group_id != UNGROUPED:
        group_of(store, group_id)
    return press(
        request,
        Switch(request.user, store, mode_of(request), kind=GROUP, group_id=group_id),
        reverse("catalog:groups", args=[store_id]),
        lambda: render(request, "catalog/groups.html#answer", _line_context(request, store, group_id)),
    )


def _line_context(request, store: CachedStore, group_id: str) -> dict:
    shelves = Shelves(request.user, store)
    line = shelves.ungrouped() if group_id == UNGROUPED else shelves.lines([shelves.tree.row(group_id)])[0]
    here = way_back(request, "")
    return {
        "line": line,
        "store": store,
        "store_on": shelves.choices.store_on(store.evotor_id),
        "here": here,
        # Among what was found a group says where it lies.
        "words": parse_qs(urlsplit(here).query).get("q"),
    }


@login_required
@require_POST
def toggle_product(request, store_id: str, product_id: str) -> HttpResponse:
    store = store_of(request, store_id)
    product = product_of(store, product_id)
    itself = CachedProduct.objects.filter(pk=product.pk)
    return press(
        request,
        Switch(request.user, store, mode_of(request), kind=PRODUCT, products=itself),
        reverse("catalog:product", args=[store_id, product_id]),
        lambda: render(request, "catalog/products.html#answer", row_context(request, store, product)),
    )


@login_required
@require_POST
def toggle_products(request, store_id: str) -> HttpResponse:
    """A selection: the ids that were ticked (`product`), or all that the filter of the page finds (`all`)."""
    store = store_of(request, store_id)
    if "all" in request.POST:
        chosen = Wanted.of(request.POST).found(store, Community.objects.linked_by(request.user))
    else:
        chosen = CachedProduct.objects.filter(store=store, evotor_id__in=request.POST.getlist("product"))
    back = way_back(request, reverse("catalog:products", args=[store_id]))
    count = chosen.count()
    if not count:
        messages.warning(request, _("Ничего не выбрано: отметьте товары и повторите."))
        return redirect(back)
    return press(
        request,
        Switch(request.user, store, mode_of(request), kind=PRODUCT, products=chosen),
        back,
        done=_told_of_many(mode_of(request), count),
    )


def mode_of(request) -> str:
    """What the pressed button says; "" for nothing that we know."""
    mode = request.POST.get("mode", "")
    return mode if mode in MODES else ""


def press(
    request,
    switch: Switch,
    back: str,
    piece: Callable[[], HttpResponse] | None = None,
    done: str = "",
) -> HttpResponse:
    """Do what the form says, or ask first; answer with the piece that changed, or with the page it came from."""
    if not switch.mode:
        return refusal(request, _("Непонятно, что сделать: включить, выключить или убрать свой выбор. Повторите."))
    community, back = Community.objects.linked_by(request.user), way_back(request, back)
    if switch.mode == INCLUDE and switch.store.absent_since:
        messages.error(request, _("Этого магазина больше нет в Эвотор: включать в нём нечего."))
        return piece() if piece and request.htmx else redirect(back)
    leaving = switch.leaving(community)
    if leaving >= ASK_FROM and leaving > _agreed(request):
        return _ask(request, leaving, back)
    switch.make(community)
    if piece and request.htmx:
        return piece()
    messages.success(request, promised(done or _told(switch), request.user))
    return redirect(back)


def _agreed(request) -> int:
    """How many goods may leave VK, as the merchant was told and agreed."""
    return number_of(request.POST.get("confirm", "")) or 0


def _ask(request, leaving: int, back: str) -> HttpResponse:
    kept = [(name, value) for name, values in request.POST.lists() if name not in NOT_ASKED_AGAIN for value in values]
    question = ngettext("Убрать из ВК %(n)s товар?", "Убрать из ВК %(n)s товаров?", leaving) % {"n": leaving}
    context = {
        "question": question,
        "details": promised(_("Они пропадут с витрины. Включите их снова — и они вернутся."), request.user),
        "yes": _("Да, убрать"),
        "action": request.path,
        "back": back,
        "kept": [*kept, ("confirm", leaving)],
    }
    response = render(request, "catalog/confirm_leaving.html", context)
    if request.htmx:
        return reselect(reswap(retarget(response, "#dialog-body"), "innerHTML"), "#ask")
    return response


def _told(switch: Switch) -> str:
    words: dict[str, dict[str, str]] = {
        STORE: {INCLUDE: _("Магазин включён."), EXCLUDE: _("Магазин выключен.")},
        GROUP: {INCLUDE: _("Группа включена."), EXCLUDE: _("Группа выключена.")},
        PRODUCT: {INCLUDE: _("Товар включён."), EXCLUDE: _("Товар выключен.")},
    }
    return words[switch.kind].get(switch.mode, _("Свой выбор убран: теперь как у группы или магазина."))


def _told_of_many(mode: str, count: int) -> str:
    words: dict[str, str] = {
        INCLUDE: ngettext("Включён %(n)s товар.", "Включено товаров: %(n)s.", count),
        EXCLUDE: ngettext("Выключен %(n)s товар.", "Выключено товаров: %(n)s.", count),
    }
    inherited = ngettext("%(n)s товар теперь как у группы.", "Товаров, которые теперь как у группы: %(n)s.", count)
    return words.get(mode, inherited) % {"n": count}
