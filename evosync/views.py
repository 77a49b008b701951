"""The start page: who you are, whether your services answer, what of yours VK shows."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.models import CachedProduct, CachedStore
from connections.models import Connection, EvotorConnection, VkConnection
from vkmarket.models import Listing


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """One connection as its owner reads it."""

    service: str
    light: str
    state: str
    details: str = ""
    checked_at: datetime | None = None


def start(request):
    return redirect("profile" if request.user.is_authenticated else "account_login")


@login_required
def profile(request):
    context = {
        "connections": service_lines(request.user),
        "figures": figures(request.user),
    }
    return render(request, "profile.html", context)


def service_lines(user: User) -> list[ServiceLine]:
    # The tokens are no business of a page: they are neither read nor decrypted for it.
    evotor = EvotorConnection.objects.of(user).defer("access_token", "api_token").first()
    vk = VkConnection.objects.of(user).defer("access_token", "refresh_token").select_related("community").first()
    return [
        service_line(_("Эвотор"), evotor, evotor.store_name if evotor else ""),
        service_line(_("ВКонтакте"), vk, str(vk.community) if vk and vk.community else ""),
    ]


def service_line(service: str, connection: Connection | None, details: str) -> ServiceLine:
    if connection is None:
        return ServiceLine(service, "", _("Не подключён"))
    if connection.last_checked_at is None:
        return ServiceLine(service, "", _("Ещё не проверялся"), details)
    if connection.is_online:
        return ServiceLine(service, "online", _("На связи"), details, connection.last_checked_at)
    state = connection.get_last_error_display() if connection.last_error else _("Не отвечает")
    return ServiceLine(service, "offline", state, details, connection.last_checked_at)


def figures(user: User) -> list[tuple[str, int]]:
    """How many goods stand where. "On the showcase" means that a read of VK has confirmed it."""
    listings = Listing.objects.of(user).aggregate(
        confirmed=Count("pk", filter=Q(shown=True, confirmed_at__isnull=False)),
        waiting=Count("pk", filter=Q(lane__isnull=False, blocked="")),
        held=Count("pk", filter=~Q(hold="")),
        blocked=Count("pk", filter=~Q(blocked="")),
    )
    return [
        (_("магазинов"), CachedStore.objects.of(user).filter(absent_since=None).count()),
        (_("на кассе"), CachedProduct.objects.of(user).present().count()),
        (_("на витрине"), listings["confirmed"]),
        (_("в очереди"), listings["waiting"]),
        (_("не публикуются"), listings["held"]),
        (_("требуют внимания"), listings["blocked"]),
    ]


def sandbox_page(request):
    """The sandbox's till and window under the site's own address, as `run --sandbox` names them."""
    if not settings.SANDBOX_URL:
        raise Http404
    return redirect(settings.SANDBOX_URL + request.path)
