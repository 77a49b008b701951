"""Our words in allauth's flows (`ACCOUNT_ADAPTER`)."""

from allauth.account.adapter import DefaultAccountAdapter
from django.shortcuts import render


class AccountAdapter(DefaultAccountAdapter):
    def respond_user_inactive(self, request, user):
        """The password was right, so the person may know why the door is shut."""
        return render(request, "account/account_inactive.html", {"status": user.status}, status=403)

    def get_client_ip(self, request) -> str:
        """Whose attempts to sign in are counted. Behind proxies it is put there by `evosync.proxies`."""
        return request.META.get("REMOTE_ADDR") or "unknown"
