"""Jobs about connections: thin doors to `linking`."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from accounts.models import Status

from . import linking
from .models import EvotorConnection, VkConnection

# The rows that are checked, and how.
CHECKED: dict[str, type[linking.Linked]] = {"evotor": EvotorConnection, "vk": VkConnection}
CHECKS: dict[str, Callable[[Any], bool]] = {"evotor": linking.check_evotor, "vk": linking.check_vk}


def check(service: str, connection_id: int, *, asked_at: datetime | None = None) -> str:
    """See whether one connection works, and show it by its light; not again if it was seen since this was asked."""
    connection = CHECKED[service].objects.filter(pk=connection_id, user__status=Status.ACTIVE).first()
    if connection is None or not connection.access_token:
        return "nothing to check"
    if asked_at and connection.last_checked_at and connection.last_checked_at >= asked_at:
        return "checked meanwhile"
    return "online" if CHECKS[service](connection) else f"fault: {connection.last_error or 'changed meanwhile'}"
