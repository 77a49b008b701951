"""What every page may show beside its own content: the sandbox, where it stands in for the outside."""

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

REAL = {"https://api.evotor.ru", "https://api.vk.ru", "https://api.vk.com"}


def site(_request) -> dict:
    return {
        "in_sandbox": not {settings.EVOTOR_API_URL, settings.VK_API_URL} <= REAL,
        # Its tokens stand there.
        "sandbox_start": settings.SANDBOX_URL and f"{settings.SANDBOX_URL}/",
        "sandbox_links": sandbox_links(settings.SANDBOX_URL, settings.EVOTOR_API_URL, settings.VK_API_URL),
    }


def sandbox_links(sandbox_url: str, evotor_url: str, vk_url: str) -> list[tuple[str, str]]:
    """The till and the shop window, where an imitation on this machine stands in for the outside APIs."""
    pages = ((_("Касса"), evotor_url, "/till"), (_("Витрина"), vk_url, "/window"))
    if sandbox_url:
        return [(name, sandbox_url + page) for name, _unused, page in pages]
    return [
        (name, f"{address.scheme}://{address.netloc}{page}")
        for name, address, page in ((name, urlsplit(api), page) for name, api, page in pages)
        if address.hostname in ("localhost", "127.0.0.1", "::1")
    ]
