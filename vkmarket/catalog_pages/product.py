"""One product: why it is or is not in VK, its own text and picture, and what was sent."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from catalog.choices import UNGROUPED, Choices
from catalog.groups import GroupTree
from catalog.models import CachedProduct, CachedStore
from connections.models import Community
from vkmarket import choosing, deciding, own_pictures, texts
from vkmarket.items import Item
from vkmarket.models import Listing, Tally
from vkmarket.pages.promises import promised
from vkmarket.plan import keeps_picture
from vkmarket.reasons import GUARDED
from vkmarket.rules import OWN, TEXT_MAX, TEXT_MIN
from vkmarket.standing import Observer

from .access import picture_file, product_of, store_of
from .products import address_of
from .uploads import PictureForm, posted_picture

HISTORY = 50


class TextForm(forms.Form):
    own_text = forms.CharField(
        label=gettext_lazy("Своё описание"),
        help_text=gettext_lazy("Заменяет описание из Эвотор. От 10 знаков, без ссылок: их ВКонтакте не принимает."),
        required=False,
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def clean_own_text(self) -> str:
        text = self.cleaned_data["own_text"].strip()
        if text and len(texts.paragraphs(text)) < TEXT_MIN:
            raise forms.ValidationError(_("Слишком коротко: без ссылок и значков должно остаться не меньше 10 знаков."))
        return text


@login_required
def product(request, store_id: str, product_id: str) -> HttpResponse:
    store = store_of(request, store_id)
    return _page(request, store, product_of(store, product_id))


def _page(
    request,
    store: CachedStore,
    row: CachedProduct,
    *,
    text_form: TextForm | None = None,
    picture_form: PictureForm | None = None,
) -> HttpResponse:
    community = Community.objects.linked_by(request.user)
    (standing,) = Observer(request.user, store, community).look([row])
    listing = standing.listing
    wrong = text_form or picture_form
    context = {
        "store": store,
        "store_on": Choices.in_store(request.user, store.evotor_id).store_on(store.evotor_id),
        "row": standing,
        "sent": Item.from_json(listing.sent) if listing and listing.sent else None,
        "follows": _name_of(store, standing.follows),
        "address": address_of(standing, community),
        "attempts": _attempts(listing),
        "left": _left(listing),
        "keeps_picture": _keeps_picture(row, listing),
        "text_form": text_form or TextForm(initial={"own_text": row.own_text}),
        "picture_form": picture_form or PictureForm(),
        "community": community,
    }
    return render(request, "catalog/product.html", context, status=400 if wrong else 200)


def _name_of(store: CachedStore, group_id: str) -> str:
    if group_id == UNGROUPED:
        return _("Без группы")
    tree = GroupTree.above(store, [group_id])
    return tree.row(group_id).name if group_id in tree else ""


def _attempts(listing: Listing | None) -> list:
    return list(listing.attempts.order_by("-pk")[:HISTORY]) if listing else []


def _left(listing: Listing | None) -> str:
    """What the merchant wanted left in VK as it is, in words."""
    if listing is None or not listing.sent:
        return ""
    if listing.blocked in GUARDED:
        left = Tally.LEFT in Tally(listing.tally)
        return _("Вы решили оставить товар в ВК как есть, поэтому изменение не отправляется.") if left else ""
    fields = [str(deciding.THEIRS[name]) for name in deciding.left_of(listing)]
    return _("Вы решили оставить как в ВК: %(fields)s.") % {"fields": ", ".join(fields)} if fields else ""


def _keeps_picture(row: CachedProduct, listing: Listing | None) -> bool:
    """Whether VK goes on showing the picture that an item had when EvoSync took it over."""
    if listing is None or not listing.sent or not listing.wanted:
        return False
    wanted = Item.from_json(listing.wanted)
    # What was uploaded since goes there with the next round.
    is_newer = bool(row.own_picture) and wanted.photo != OWN + row.own_picture
    return not is_newer and keeps_picture(wanted, Item.from_json(listing.sent))


@login_required
@require_POST
def take_back(request, store_id: str, product_id: str) -> HttpResponse:
    """The merchant no longer wants the good left in VK as it is."""
    row, community = product_of(store_of(request, store_id), product_id), Community.objects.linked_by(request.user)
    keys = Listing.objects.filter(community=community, source__product=row).values_list("pk", flat=True)
    if community and deciding.take_back(community, list(keys)):
        told = _("Решение отменено: товар в ВК станет таким, как на кассе.")
        messages.success(request, promised(told, request.user))
    else:
        messages.info(request, _("Об этих товарах уже решено."))
    return redirect("catalog:product", store_id, product_id)


@login_required
@require_POST
def set_text(request, store_id: str, product_id: str) -> HttpResponse:
    store = store_of(request, store_id)
    row, form = product_of(store, product_id), TextForm(request.POST)
    if not form.is_valid():
        return _page(request, store, row, text_form=form)
    row.own_text = form.cleaned_data["own_text"]
    _save(request, row, "own_text")
    told = _("Описание сохранено.") if row.own_text else _("Своё описание убрано: в ВК вернётся описание из Эвотор.")
    messages.success(request, promised(told, request.user))
    return redirect("catalog:product", store_id, product_id)


@login_required
@require_POST
def set_picture(request, store_id: str, product_id: str) -> HttpResponse:
    store = store_of(request, store_id)
    row = product_of(store, product_id)
    form, name = posted_picture(request)
    if name is None:
        return _page(request, store, row, picture_form=form)
    row.own_picture = name
    _save(request, row, "own_picture")
    told = _("Картинка сохранена.") if name else _("Своя картинка убрана.")
    messages.success(request, promised(told, request.user))
    return redirect("catalog:product", store_id, product_id)


@login_required
def picture(request, store_id: str, product_id: str) -> HttpResponse:
    name = product_of(store_of(request, store_id), product_id).own_picture
    return picture_file(name, own_pictures.find(name))


def _save(request, row: CachedProduct, field: str) -> None:
    with transaction.atomic():
        row.save(update_fields=[field])
        choosing.request(Community.objects.linked_by(request.user), [row.pk])
