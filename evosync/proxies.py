"""Who asks, and by which scheme: what a proxy tells of that counts only if TRUSTED_PROXIES names the proxy."""

from collections.abc import Callable
from ipaddress import ip_address, ip_network

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

log = structlog.get_logger(__name__)


class TrustedProxies:
    """Puts the client's own address into REMOTE_ADDR, and forgets the headers that anybody could have written.

    All that looks at an address afterwards (limits of attempts, logs) needs to know of no header.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response
        self.networks = [ip_network(entry, strict=False) for entry in settings.TRUSTED_PROXIES]
        self.warned = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        told, peer = request.META, request.META.get("REMOTE_ADDR", "")
        way = told.pop("HTTP_X_FORWARDED_FOR", "")
        if within(peer, self.networks):
            told["REMOTE_ADDR"] = client_ip(peer, way, self.networks)
        elif told.pop("HTTP_X_FORWARDED_PROTO", None) and not self.warned:
            # Once: it is an operator's oversight, or anybody's joke.
            self.warned = True
            log.warning("X-Forwarded-Proto came from an address that TRUSTED_PROXIES does not name", peer=peer)
        return self.get_response(request)


def client_ip(peer: str, forwarded: str, trusted: list) -> str:
    """The last address on the way here that is not one of our own proxies; anybody may write the ones before it."""
    way = [*(hop.strip() for hop in forwarded.split(",") if hop.strip()), peer]
    while len(way) > 1 and within(way[-1], trusted):
        way.pop()
    return way[-1]


def within(address: str, networks: list) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    # An IPv4 address as a socket for both kinds names it.
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(parsed in network for network in networks)
