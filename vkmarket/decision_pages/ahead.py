"""What has to be there before items of VK can be compared with goods of the till."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from catalog import chosen
from catalog.models import SyncConfig
from connections.models import Community, EvotorConnection


@dataclass(frozen=True, slots=True)
class First:
    """The next thing to do, in words, with the page where it is done; `address` is "" for what this page does."""

    text: str
    hint: str
    button: str = ""
    address: str = ""


def first_to_do(user: User, community: Community, config: SyncConfig) -> First | None:
    """The first that is missing; None where all is there and has been compared."""
    if not EvotorConnection.objects.of(user).exclude(access_token="").exists():
        return First(
            _("Сначала подключите Эвотор"),
            _("Тогда сравним товары кассы с тем, что уже есть в ВК."),
            _("К подключениям"),
            reverse("connections"),
        )
    if not chosen.any_store(user):
        return First(
            _("Сначала включите магазин"),
            _("Сравниваем только те товары, которые вы публикуете: пока не включён ни один магазин."),
            _("К магазинам"),
            reverse("catalog:stores"),
        )
    if not chosen.any_category(user, config):
        return First(
            _("Сначала выберите категорию ВК"),
            _("Без категории товар не попадёт в ВК, и сравнивать пока нечего."),
            _("Выбрать категорию"),
            reverse("sync") + "#preferences",
        )
    if community.market_read_at is None:
        return First(
            _("Товары ВК ещё не прочитаны"),
            _("Нажмите «Обновить»: прочитаем их и сравним с кассой."),
        )
    return None
