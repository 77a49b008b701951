"""Groups of a store: the tree with its switches, and one group's category and picture."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from catalog.models import CachedGroup
from connections.models import Community
from vkmarket import choosing, own_pictures
from vkmarket.categories import name_of
from vkmarket.finding import WORDS_MAX
from vkmarket.pages import category_picker
from vkmarket.pages.promises import promised

from .access import group_of, picture_file, refusal, store_of, why_empty
from .tree import Shelves
from .uploads import PictureForm, posted_picture

PAGE = 25


@login_required
@vary_on_headers("HX-Request")
def groups(request, store_id: str) -> HttpResponse:
    """The groups in one group (`in`), or in none, or those found by words (`q`)."""
    store = store_of(request, store_id)
    shelves = Shelves(request.user, store)
    words, inside = request.GET.get("q", "").strip()[:WORDS_MAX], request.GET.get("in", "")
    around = group_of(store, inside) if inside and not words else None
    rows = shelves.search(words) if words else shelves.inside(inside)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    lines = shelves.lines(page.object_list)
    if not (words or around) and page.number == 1 and not shelves.is_empty:
        lines.append(shelves.ungrouped())
    context = {
        "store": store,
        "store_on": shelves.choices.store_on(store.evotor_id),
        "around": around,
        "way": [shelves.tree.row(above) for above in reversed(shelves.tree.chain(inside))] if around else [],
        "lines": lines,
        "page": page,
        "words": words,
        "why_empty": "" if lines else why_empty(store),
    }
    # Opened inside the page.
    nested = request.htmx and around
    return render(request, "catalog/groups.html#lines" if nested else "catalog/groups.html", context)


@login_required
def group(request, store_id: str, group_id: str) -> HttpResponse:
    return _group(request, store_id, group_id, PictureForm())


def _group(request, store_id: str, group_id: str, form: PictureForm, status: int = 200) -> HttpResponse:
    store = store_of(request, store_id)
    row = group_of(store, group_id)
    shelves = Shelves(request.user, store)
    (line,) = shelves.lines([shelves.tree.row(row.evotor_id)])
    above = shelves.tree.chain(row.evotor_id)[1:]
    inherited = shelves.tree.category(above[0]) if above else None
    context = {
        "store": store,
        "store_on": shelves.choices.store_on(store.evotor_id),
        "group": row,
        "line": line,
        "form": form,
        "picker": category_picker.picker(
            request,
            name="category",
            form="category",
            chosen=row.vk_category_id,
            none=_inherited_words(inherited, bool(above)),
        ),
    }
    return render(request, "catalog/group.html", context, status=status)


def _inherited_words(category_id: int | None, has_above: bool) -> str:
    path = name_of(category_id)
    if path:
        return _("Как у группы выше: %(category)s") % {"category": path}
    return _("Как у группы выше или общая из настроек") if has_above else _("Общая из настроек синхронизации")


@login_required
@require_POST
def set_category(request, store_id: str, group_id: str) -> HttpResponse:
    row = group_of(store_of(request, store_id), group_id)
    try:
        row.vk_category_id = category_picker.chosen_of(request, "category")
    except ValueError:
        return refusal(request, _("Такой категории у ВКонтакте нет или она не принимает товары. Выберите другую."))
    _save(request, row, "vk_category_id")
    messages.success(request, promised(_("Категория сохранена."), request.user))
    return redirect("catalog:group", store_id, group_id)


@login_required
@require_POST
def set_picture(request, store_id: str, group_id: str) -> HttpResponse:
    row = group_of(store_of(request, store_id), group_id)
    form, name = posted_picture(request)
    if name is None:
        return _group(request, store_id, group_id, form, status=400)
    row.own_picture = name
    _save(request, row, "own_picture")
    told = _("Картинка сохранена.") if name else _("Картинка убрана.")
    messages.success(request, promised(told, request.user))
    return redirect("catalog:group", store_id, group_id)


@login_required
def picture(request, store_id: str, group_id: str) -> HttpResponse:
    name = group_of(store_of(request, store_id), group_id).own_picture
    return picture_file(name, own_pictures.find(name))


def _save(request, row: CachedGroup, field: str) -> None:
    with transaction.atomic():
        row.save(update_fields=[field])
        choosing.request(Community.objects.linked_by(request.user))
