"""Jobs about connections: thin doors to `linking`."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from accounts.models import Status

from . import linking
from .models import EvotorConnection, VkConnection

CHECKS: dict[str, tuple[type[linking.Linked], Callable[[Any], bool]]] = {
    "evotor": (EvotorConnection, linking.check_evotor),
    "vk": (VkConnection, linking.check_vk),
}


def check(service: str, connection_id: int, *, asked_at: datetime | None = None) -> str:
    """See whether one connection works, and show it by its light; not again if it was seen since this was asked."""
    model, look = CHECKS[service]
    connection = model.objects.filter(pk=connection_id, user__status=Status.ACTIVE).first()
    if connection is None or not connection.access_token:
        return "nothing to check"
    if asked_at and connection.last_checked_at and connection.last_checked_at >= asked_at:
        return "checked meanwhile"
    return "online" if look(connection) else f"fault: {connection.last_error or 'changed meanwhile'}"
