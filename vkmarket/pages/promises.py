"""When a merchant sees in VK what was just asked for."""

from django.utils.translation import gettext as _

from accounts.models import User
from catalog import chosen
from catalog.models import SyncConfig


def promised(done: str, user: User) -> str:
    """What was done, and what becomes of it: nothing is promised while the switch is off or no store is on."""
    return f"{done} {_when(user)}"


def _when(user: User) -> str:
    if not SyncConfig.objects.filter(user=user, enabled=True).exists():
        return _("Изменения уйдут в ВК, когда вы включите синхронизацию.")
    if not chosen.any_store(user):
        return _("Ни один магазин не включён: пока это так, товаров кассы в ВК не будет.")
    return _("Изменения появятся в ВК в ближайшие минуты.")
