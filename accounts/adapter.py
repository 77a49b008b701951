"""Our words in allauth's flows (`ACCOUNT_ADAPTER`)."""

from ipaddress import ip_address, ip_network

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.shortcuts import render


class AccountAdapter(DefaultAccountAdapter):
    def respond_user_inactive(self, request, user):
        """The password was right, so the person may know why the door is shut."""
        return render(request, "account/account_inactive.html", {"status": user.status}, status=403)

    def get_client_ip(self, request) -> str:
        """Whose attempts to sign in are counted."""
        return client_ip(
            request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""), settings.TRUSTED_PROXIES
        )


def client_ip(peer: str, forwarded: str, trusted: list[str]) -> str:
    """The last address on the way here that is not one of our own proxies; anybody may write the ones before it."""
    networks = [ip_network(entry, strict=False) for entry in trusted]
    way = [*(hop.strip() for hop in forwarded.split(",") if hop.strip()), peer]
    while len(way) > 1 and _within(way[-1], networks):
        way.pop()
    return way[-1] or "unknown"


def _within(address: str, networks: list) -> bool:
    try:
        return any(ip_address(address) in network for network in networks)
    except ValueError:
        return False
