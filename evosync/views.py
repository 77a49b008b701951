"""The start page: who you are, whether your services answer, what of yours VK shows."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.models import CachedProduct, CachedStore
from connections.services import cards
from vkmarket.models import Listing


def start(request):
    return redirect("profile" if request.user.is_authenticated else "account_login")


@login_required
def profile(request):
    context = {
        "cards": cards(request.user),
        "figures": figures(request.user),
    }
    return render(request, "profile.html", context)


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
