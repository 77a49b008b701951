"""Pages about connections: thin doors to `linking`. Everybody sees their own rows, and no other."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evosync.base import clock

from .linking import LinkRefused
from .models import OF_TYPED, ConnectionFault
from .service_cards import SERVICES, Service, card, cards, connection_of


@require_safe
@login_required
def dashboard(request):
    return render(
        request, "connections/dashboard.html", {"cards": [one for one in cards(request.user) if one.connected]}
    )


@require_safe
@login_required
def add(request):
    return render(request, "connections/add.html", {"cards": [one for one in cards(request.user) if not one.connected]})


@require_safe
@login_required
def service(request, code):
    return service_page(request, SERVICES[code])


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def save(request, code):
    """Connect by what was typed; on a refusal the page says what happened and what to do."""
    if request.method != "POST":
        return redirect("service", code)
    chosen = SERVICES[code]
    form = form_of(chosen, connection_of(request.user, chosen), request.POST)
    if not form.is_valid():
        return service_page(request, chosen, form)
    try:
        link(request.user, chosen, form.cleaned_data)
    except LinkRefused as refused:
        # A good token that came with a wrong community was kept: it need not be typed again.
        form = form_of(chosen, connection_of(request.user, chosen), request.POST)
        form.add_error(None, OF_TYPED.get(refused.fault, refused.fault.label))
        return service_page(request, chosen, form)
    messages.success(request, _("Готово: %(service)s на связи.") % {"service": chosen.name})
    return redirect("connections")


def link(user, chosen: Service, typed: dict) -> None:
    """Connect by what was typed; an empty token stands for the saved one. Raises LinkRefused."""
    chosen.link(user, typed["token"] or chosen.model.objects.of(user).get().access_token, typed)


@require_POST
@never_cache
@login_required
def test(request, code):
    """Ask the service now. JSON; a browser's form, sent without JavaScript, goes back to the page."""
    chosen = SERVICES[code]
    connection = connection_of(request.user, chosen)
    if connection and connection.connected:
        chosen.check(connection, interactive=True)
        connection = connection_of(request.user, chosen)
    shown = card(chosen, connection)
    if request.get_preferred_type(["application/json", "text/html"]) == "text/html":
        told = messages.success if shown.light == "online" else messages.warning
        told(request, f"{chosen.name}: {shown.state}")
        return redirect("service", code)
    return JsonResponse(
        {
            "service": code,
            "connected": shown.connected,
            "online": shown.light == "online",
            "light": shown.light,
            "state": shown.state,
            "details": shown.details,
            "checked_at": shown.checked_at and shown.checked_at.isoformat(),
            "checked": shown.checked_at and clock.local_text(shown.checked_at),
        },
        json_dumps_params={"ensure_ascii": False},
    )


def service_page(request, chosen: Service, form=None):
    connection = connection_of(request.user, chosen)
    context = {
        "card": card(chosen, connection),
        "last_error": _last_error(connection),
        "form": form or form_of(chosen, connection),
    }
    return render(request, "connections/service.html", context)


def _last_error(connection) -> str:
    """Why what is not connected could not be; "" for nothing."""
    if connection is None or connection.connected or not connection.last_error:
        return ""
    fault = ConnectionFault(connection.last_error)
    return str(OF_TYPED.get(fault, fault.label))


def form_of(chosen: Service, connection, typed=None):
    saved = bool(connection and connection.connected)
    return chosen.form(typed, saved=saved, initial={"group": getattr(connection, "group_id", None) or ""})
