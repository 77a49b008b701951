"""Where pages lead: back to where a form came from, and to a good's own page in VK."""

from urllib.parse import quote

from django.conf import settings
from django.utils.http import url_has_allowed_host_and_scheme

from connections.models import Community


def way_back(request, default: str) -> str:
    """The page of ours that a form came from, as it says itself."""
    told = request.POST.get("next", "")
    return told if told.startswith("/") and url_has_allowed_host_and_scheme(told, allowed_hosts=None) else default


def address_in_vk(community: Community, item_id: int) -> str:
    """Where a buyer sees the item; in the sandbox its window."""
    if settings.SANDBOX_URL:
        return f"{settings.SANDBOX_URL}/window?group={community.group_id}&item={item_id}"
    group = quote(str(community.group_id))
    return f"https://vk.com/market-{group}?w=product-{group}_{item_id}"
