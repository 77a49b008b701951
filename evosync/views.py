"""The start page: what is still to do, where your goods stand, whether your services answer, who you are."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from connections.service_cards import cards
from vkmarket.sync_pages import live

from . import checklist


def start(request):
    return redirect("profile" if request.user.is_authenticated else "account_login")


@login_required
def profile(request):
    now = live.look(request.user)
    steps = checklist.steps(request.user, now)
    context = {
        "cards": cards(request.user),
        "figures": figures(now),
        "steps": steps,
        "all_done": all(step.done for step in steps),
    }
    return render(request, "profile.html", context)


def figures(now: live.Live) -> list[tuple[str, int | None, str]]:
    """How many goods stand where, and the address where one would do something about it, "" for none.

    None: nobody has counted yet. "Confirmed" means that a read of VK has shown it. Without a community nothing is known
    of VK: goods may be there still.
    """
    told = now.figures
    at_the_till = (_("на кассе"), told.products if now.is_read else None, "")
    if now.community is None:
        return [at_the_till]
    return [
        at_the_till,
        (_("в ВК подтверждено"), told.confirmed, ""),
        (_("ждут отправки или проверки"), told.waiting, ""),
        (_("не публикуются"), told.unpublished if now.is_planned else None, ""),
        (_("ждут вас"), now.questions, reverse("sync_decisions") if now.questions else ""),
    ]


def stale_form(request, reason=""):
    """A form without the token of now: its page is out of date, and the way back to it is offered."""
    back = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        # An address that takes forms alone leads a visitor to the page above it (`evosync.returning`).
        back = request.path
    return render(request, "403_csrf.html", {"back": back}, status=403)


def sandbox_page(request):
    """The sandbox's till and window under the site's own address, as `run --sandbox` names them."""
    if not settings.SANDBOX_URL:
        raise Http404
    return redirect(settings.SANDBOX_URL + request.path)
