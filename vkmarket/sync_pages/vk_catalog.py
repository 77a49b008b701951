"""`/vk-catalog`: what VK shows, from the mirror: ours and what was made by hand."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from catalog.mirroring import searchable
from catalog.models import SyncConfig
from connections.models import Community
from evosync.base.paging import Found, Listed
from vkmarket.finding import WORDS_MAX, holds
from vkmarket.models import AlbumListing, Listing, VkAlbumPlace, VkCachedAlbum, VkCachedProduct
from vkmarket.pages.addresses import way_back
from vkmarket.pages.vk_items import Shown
from vkmarket.tasks import request_sync

ON_PAGE = 50


@require_safe
@login_required
def albums(request):
    community = Community.objects.linked_by(request.user)
    if community is None:
        return render(request, "vk_catalog/albums.html", {"community": None})
    rows = VkCachedAlbum.objects.filter(community=community, absent_since=None).order_by("-is_main", "title", "pk")
    query = request.GET.get("q", "")[:WORDS_MAX]
    if words := searchable(query).split():
        # Albums have no folded column: there are at most some thousands, and few words to a title.
        keep = [pk for pk, title in rows.values_list("pk", "title") if all(w in searchable(title) for w in words)]
        rows = rows.filter(pk__in=keep)
    page = Paginator(rows, ON_PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    ids = [album.album_id for album in page.object_list]
    ours = AlbumListing.objects.filter(community=community, album_id__in=ids, adopted=False)
    context = {
        "community": community,
        "page": page,
        "q": query,
        "ours": set(ours.values_list("album_id", flat=True)),
        "total": _present(community).count(),
        "loose": _present(community).filter(item_id__in=_in_album(community, 0)).count(),
        "queued": _queued(request),
    }
    return render(request, "vk_catalog/albums.html", context)


def _present(community: Community):
    return VkCachedProduct.objects.filter(community=community, absent_since=None)


def _in_album(community: Community, album_id: int):
    return VkAlbumPlace.objects.filter(community=community, album_id=album_id).values("item_id")


def _queued(request) -> bool:
    return SyncConfig.objects.filter(user=request.user, queued_at__isnull=False).exists()


@require_safe
@login_required
def products(request, album_id=None):
    """Items of an album; of none (0); of the whole community."""
    community = Community.objects.linked_by(request.user)
    if community is None:
        if album_id is not None:
            raise Http404
        return redirect("vk_albums")
    album = None
    if album_id:
        album = VkCachedAlbum.objects.filter(community=community, album_id=album_id, absent_since=None).first()
        if album is None:
            raise Http404
    rows = _present(community).order_by("-item_id")
    if album_id is not None:
        rows = rows.filter(item_id__in=_in_album(community, album_id))
    query = request.GET.get("q", "")[:WORDS_MAX]
    told = VkCachedProduct.objects.defer("description", "photos", "reject_info")
    listed: Listed[VkCachedProduct] = Found(rows.filter(holds(query)), told) if query.strip() else Listed(rows, told)
    page = Paginator(listed, ON_PAGE).get_page(request.GET.get("page"))
    page.object_list = _shown(community, list(page.object_list))
    context = {
        "community": community,
        "album": album,
        "title": album.title if album else _("Без подборки") if album_id == 0 else _("Все товары ВК"),
        "page": page,
        "q": query,
        "queued": _queued(request),
    }
    return render(request, "vk_catalog/products.html", context)


def _shown(community: Community, items: list[VkCachedProduct]) -> list[Shown]:
    ids = [item.item_id for item in items]
    rows = Listing.objects.filter(community=community, vk_item_id__in=ids).select_related("source__product__store")
    products = {listing.vk_item_id: listing.product for listing in rows.only("vk_item_id", *_PRODUCT)}
    return [Shown(item, item.item_id in products, products.get(item.item_id)) for item in items]


_PRODUCT = (
    *("source__product__name", "source__product__evotor_id"),
    *("source__product__store__evotor_id", "source__product__absent_since"),
)


@require_POST
@login_required
def refresh(request):
    """Read VK anew, soon: with the whole cycle, which is asked for once however often it is."""
    if Community.objects.linked_by(request.user) is None:
        messages.error(request, _("Сначала подключите ВКонтакте."))
        return redirect("vk_albums")
    SyncConfig.objects.get_or_create(user=request.user)
    with transaction.atomic():
        request_sync(request.user.pk)
    messages.success(request, _("Читаем ВКонтакте: обновите страницу через полминуты."))
    return redirect(way_back(request, reverse("vk_albums")))
