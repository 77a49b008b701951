"""What the pages of the catalog share: whose store it is, where to go back to, how a refusal is said."""

from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from catalog.models import CachedGroup, CachedProduct, CachedStore
from connections.models import Community


def store_of(request, store_id: str) -> CachedStore:
    return get_object_or_404(CachedStore.objects.of(request.user), evotor_id=store_id)


def group_of(store: CachedStore, group_id: str) -> CachedGroup:
    return get_object_or_404(CachedGroup, store=store, evotor_id=group_id)


def product_of(store: CachedStore, product_id: str) -> CachedProduct:
    return get_object_or_404(CachedProduct, store=store, evotor_id=product_id)


def community_of(user: User) -> Community | None:
    """The community that the merchant's goods are published to."""
    return Community.objects.filter(connection__user=user).first()


def way_back(request, default: str) -> str:
    """The page of ours that a form came from, as it says itself."""
    told = request.POST.get("next", "")
    return told if told.startswith("/") and url_has_allowed_host_and_scheme(told, allowed_hosts=None) else default


def refusal(request, reason: str) -> HttpResponse:
    return render(request, "400.html", {"reason": reason}, status=400)


def picture_file(name: str, content: bytes | None) -> HttpResponse:
    """A merchant's own picture for its owner's eyes; the address changes with the picture."""
    if content is None:
        raise Http404
    headers = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type="image/jpeg", headers=headers | {"ETag": f'"{name}"'})


def address_in_vk(community: Community, item_id: int) -> str:
    """Where a buyer sees the item; in the sandbox its window."""
    if settings.SANDBOX_URL:
        return f"{settings.SANDBOX_URL}/window?group={community.group_id}&item={item_id}"
    group = quote(str(community.group_id))
    return f"https://vk.com/market-{group}?w=product-{group}_{item_id}"
