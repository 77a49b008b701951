"""What may become of the goods that stand in VK: the choices of a question, with their numbers."""

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from catalog.models import SyncConfig
from connections.models import Community
from vkmarket import removals

KEEP, HIDE, DELETE = "keep", "hide", "delete"


@dataclass(frozen=True, slots=True)
class Way:
    """One of them: its button, and what it means for buyers and for the way back."""

    code: str
    label: str
    hint: str


def ways(user: User) -> list[Way]:
    """How the merchant's goods can be taken out of VK; empty: none are there. Deleting is for who opted in to it."""
    community = Community.objects.linked_by(user)
    found = []
    if count := removals.goods(community):
        hint = _("Покупатели перестанут их видеть. Отметки и отзывы сохранятся, товары можно вернуть.")
        found.append(Way(HIDE, _hide(count), hint))
    if SyncConfig.objects.filter(user=user, delete_absent=True).exists() and (
        count := removals.goods(community, hidden_too=True)
    ):
        hint = _("Вместе с отметками и отзывами; вернуть их нельзя, только создать заново.")
        found.append(Way(DELETE, _delete(count), hint))
    return found


def _hide(count: int) -> str:
    return ngettext("Скрыть %(n)s товар", "Скрыть %(n)s товаров", count) % {"n": _told(count)}


def _delete(count: int) -> str:
    return ngettext("Удалить %(n)s товар насовсем", "Удалить %(n)s товаров насовсем", count) % {"n": _told(count)}


def _told(count: int) -> str:
    return number_format(count, force_grouping=True)
