"""The services that a merchant connects, as the pages show them: one card each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User

from . import linking
from .forms import TokenForm, VkForm
from .models import Connection, EvotorConnection, VkConnection


@dataclass(frozen=True, slots=True)
class Service:
    """One outside service: its words, its rows, and the way in and out."""

    code: str
    name: Promise
    icon: str
    invitation: Promise
    model: type[Connection]
    details: Callable[[Any], str]
    # What is typed to connect it, and what is done with that: the user, the token, the form's cleaned data.
    form: type[TokenForm]
    link: Callable[[User, str, dict[str, Any]], Connection]
    check: Callable[..., bool]
    unlink: Callable[..., None]


@dataclass(frozen=True, slots=True)
class Card:
    """One service as its owner reads it. Lights: online, failing, offline, unknown."""

    service: Service
    connected: bool
    light: str = "unknown"
    state: str = ""
    details: str = ""
    # What else its owner should know.
    note: str = ""
    checked_at: datetime | None = None


def _vk_details(connection: VkConnection) -> str:
    person = f"{connection.first_name} {connection.last_name}".strip()
    return " · ".join(filter(None, (person, str(connection.community or ""))))


SERVICES = {
    service.code: service
    for service in (
        Service(
            "evotor",
            gettext_lazy("Эвотор"),
            "calculator",
            gettext_lazy("Подключите кассу Эвотор для синхронизации каталога товаров."),
            EvotorConnection,
            lambda connection: connection.store_name,
            TokenForm,
            lambda user, token, _typed: linking.link_evotor(user, token),
            linking.check_evotor,
            linking.unlink_evotor,
        ),
        Service(
            "vk",
            gettext_lazy("ВКонтакте"),
            "shopping-bag",
            gettext_lazy("Подключите аккаунт ВКонтакте для публикации товаров в вашу группу."),
            VkConnection,
            _vk_details,
            VkForm,
            lambda user, token, typed: linking.link_vk(user, token, typed["group"]),
            linking.check_vk,
            linking.unlink_vk,
        ),
    )
}


def cards(user) -> list[Card]:
    """Every service, connected or not."""
    return [card(service, connection_of(user, service)) for service in SERVICES.values()]


def connection_of(user, service: Service) -> Connection | None:
    """The user's row with `connected` beside it. Tokens are no business of a page: they are not decrypted for it."""
    rows = service.model.objects.of(user).annotate(connected=~Q(access_token=""))
    secret = [name for name in ("access_token", "api_token", "refresh_token") if hasattr(service.model, name)]
    rows = rows.select_related("community") if service.code == "vk" else rows.with_shared()
    return rows.defer(*secret).first()


def card(service: Service, connection: Connection | None) -> Card:
    if connection is None or not connection.connected:
        return Card(service, connected=False, state=_("Не подключён"))
    note = _("Эту же кассу подключил ещё один пользователь EvoSync. Если вы его не знаете, смените токен в Эвотор.")
    return Card(
        service,
        connected=True,
        light=connection.light,
        state=state(connection),
        details=service.details(connection),
        note=note if connection.shared else "",
        checked_at=connection.last_checked_at,
    )


def state(connection: Connection) -> str:
    """The light in words."""
    if connection.last_checked_at is None:
        return _("Ещё не проверялся")
    if connection.is_online:
        return _("На связи")
    return connection.get_last_error_display() if connection.last_error else _("Не отвечает")
