"""Disconnecting a service: asks what becomes of the goods in VK. By default they stay."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from catalog import refreshing
from connections.models import PASSING, VkConnection
from connections.service_cards import SERVICES, Service, card, connection_of
from vkmarket import removals
from vkmarket.removals import Purpose

from .ways import DELETE, KEEP, Way, ways


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def disconnect(request, code: str):
    chosen = SERVICES[code]
    if request.method == "POST":
        return _take_away(request, chosen)
    return _ask(request, chosen) if _is_connected(request, chosen) else _not_connected(request, chosen)


@require_POST
@login_required
def delete(request):
    """`?type=evotor|vk`: what the dashboard's question leads to."""
    if request.GET.get("type") not in SERVICES:
        raise Http404
    return _take_away(request, SERVICES[request.GET["type"]])


def _take_away(request, service: Service):
    if not _is_connected(request, service):
        return _not_connected(request, service)
    way = request.POST.get("goods", KEEP)
    if way not in (KEEP, *(one.code for one in _ways(request.user))):
        return _ask(request, service, way, _("Такого выбора больше нет: посмотрите ещё раз."))
    if way == KEEP:
        removals.stop(request.user)
        _unlink(request.user, service)
        told = _("Отключено: %(service)s. Товары в ВК остались как были.")
    elif service.code == "vk":
        removals.start(request.user, Purpose.DISCONNECT, for_good=way == DELETE)
        told = _("Убираем товары из ВК. Когда закончим, отключим %(service)s.")
    else:
        removals.start(request.user, for_good=way == DELETE)
        _unlink(request.user, service)
        told = _("Отключено: %(service)s. Убираем товары из ВК.")
    messages.success(request, told % {"service": service.name})
    return redirect("connections")


def _unlink(user, service: Service) -> None:
    service.unlink(user)
    if service.code == "evotor":
        refreshing.stop_waiting(user)


def _ask(request, service: Service, way: str = KEEP, error: str = ""):
    found = _ways(request.user)
    stay = Way(
        KEEP,
        _("Оставить товары в ВК"),
        _("Товары в ВК останутся как есть, но перестанут обновляться. Подключить снова можно в любой момент."),
    )
    context = {
        "question": _("Вы уверены, что хотите отключить %(service)s?") % {"service": service.name},
        "details": "" if found else stay.hint,
        "ways": [stay, *found] if found else [],
        "chosen": way,
        "error": error,
        "service": service.code,
        "fault": _fault(request.user),
        "action": f"{reverse('connections_delete')}?type={service.code}",
        "yes": _("Отключить"),
        "back": reverse("connections"),
    }
    return render(request, "connections/disconnect.html", context, status=422 if error else 200)


def _ways(user) -> list[Way]:
    return [] if _fault(user) else ways(user)


def _fault(user) -> str:
    """Why nothing can be taken out of VK now, in words."""
    vk = VkConnection.objects.filter(user=user).exclude(access_token="").defer("access_token", "refresh_token").first()
    broken = vk and vk.last_error and vk.last_error not in PASSING
    return vk.get_last_error_display() if vk and broken else ""


def _is_connected(request, service: Service) -> bool:
    return card(service, connection_of(request.user, service)).connected


def _not_connected(request, service: Service):
    messages.info(request, _("Отключать нечего: %(service)s не подключён.") % {"service": service.name})
    return redirect("connections")
