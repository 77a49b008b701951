"""What the pages of the catalog share: whose store it is, how a refusal is said."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render

from catalog.models import CachedGroup, CachedProduct, CachedStore, StoreError
from connections.models import LACKING, EvotorConnection


def store_of(request, store_id: str) -> CachedStore:
    return get_object_or_404(CachedStore.objects.of(request.user), evotor_id=store_id)


def why_empty(store: CachedStore) -> str:
    """What keeps the goods of a store from being here, in words; "" where nothing does: it has none."""
    if store.error == StoreError.FORBIDDEN:
        till = EvotorConnection.objects.defer("access_token", "api_token").get(pk=store.connection_id)
        if till.last_error in LACKING:
            return till.get_last_error_display()
    return store.get_error_display() if store.error else ""


def group_of(store: CachedStore, group_id: str) -> CachedGroup:
    return get_object_or_404(CachedGroup, store=store, evotor_id=group_id)


def product_of(store: CachedStore, product_id: str) -> CachedProduct:
    return get_object_or_404(CachedProduct, store=store, evotor_id=product_id)


def refusal(request, reason: str) -> HttpResponse:
    return render(request, "400.html", {"reason": reason}, status=400)


def picture_file(name: str, content: bytes | None) -> HttpResponse:
    """A merchant's own picture for its owner's eyes; the address changes with the picture."""
    if content is None:
        raise Http404
    headers = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type="image/jpeg", headers=headers | {"ETag": f'"{name}"'})
