"""When a merchant sees in VK what was just asked for."""

from django.utils.translation import gettext as _

from accounts.models import User
from catalog import chosen
from catalog.models import SyncConfig
from connections.models import VkConnection


def promised(done: str, user: User) -> str:
    """What was done, and what becomes of it: nothing is promised while something is missing."""
    return f"{done} {soon(user)}"


def with_obstacle(done: str, user: User) -> str:
    """What was done, and what is missing for it to reach VK, if anything is."""
    return f"{done} {obstacle(user)}".rstrip()


def soon(user: User) -> str:
    """How soon changes reach VK, or what they wait for."""
    return obstacle(user) or _("Изменения появятся в ВК в ближайшие минуты.")


def obstacle(user: User) -> str:
    """What keeps changes from VK now, in a sentence that says what to do; "" for nothing."""
    vk = VkConnection.objects.of(user).filter(community__isnull=False).exclude(access_token="")
    connection = vk.defer("access_token", "refresh_token").first()
    if connection is None:
        return _("ВКонтакте не подключён: изменения уйдут в ВК, когда вы его подключите.")
    if connection.last_checked_at and not connection.is_online:
        why = connection.get_last_error_display() if connection.last_error else _("Не отвечает.")
        return _("ВКонтакте сейчас не принимает изменения, они ждут. %(why)s") % {"why": why}
    config = SyncConfig.objects.filter(user=user, enabled=True).first()
    if config is None:
        return _("Изменения уйдут в ВК, когда вы включите синхронизацию.")
    if config.stopped_at:
        return _("Синхронизация остановлена: изменения уйдут со следующей. Её можно начать сейчас.")
    if not chosen.any_store(user):
        return _("Ни один магазин не включён: пока это так, товаров кассы в ВК не будет.")
    return ""
