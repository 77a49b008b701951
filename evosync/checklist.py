"""What a merchant has still to do until goods appear by themselves, in order."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from catalog import chosen
from connections.models import Community, EvotorConnection
from vkmarket.models import Match, SyncRun
from vkmarket.sync_pages.live import Live


@dataclass(frozen=True, slots=True)
class Step:
    text: str
    hint: str
    done: bool
    address: str


def steps(user: User, now: Live) -> list[Step]:
    """In a handful of queries. `now`: how the merchant's synchronisation stands."""
    community, config = now.community, now.config
    evotor = EvotorConnection.objects.of(user).exclude(access_token="").exists()
    category = chosen.any_category(user, config)
    looked = community is not None and SyncRun.objects.previews().filter(community=community, error="").exists()
    return [
        Step(_("Подключить Эвотор"), _("Отсюда берутся товары, цены и остатки."), evotor, reverse("connections")),
        Step(_("Подключить ВКонтакте"), _("Здесь товары увидят покупатели."), bool(community), reverse("connections")),
        Step(
            _("Выбрать магазины"),
            _("Товары включённых магазинов появятся в ВК."),
            chosen.any_store(user),
            reverse("catalog"),
        ),
        Step(
            _("Выбрать категорию ВК"),
            _("Без категории ВКонтакте не принимает товары."),
            category,
            reverse("sync") + "#preferences",
        ),
        *_match(community, now.matches),
        Step(
            _("Посмотреть, что изменится"),
            _("Полный список до того, как что-то отправится."),
            looked or config.enabled,
            reverse("sync_preview"),
        ),
        Step(_("Включить синхронизацию"), _("Дальше всё само."), config.enabled, reverse("sync")),
    ]


def _match(community: Community | None, asked: int) -> list[Step]:
    """Only who had something like it in VK before has anything to compare."""
    pairs = Match.objects.filter(community=community).exclude(answer=Match.Answer.UNCLEAR)
    hint = _("В ВК уже есть похожие товары: скажите, те ли это самые, чтобы не было двойников.")
    return [Step(_("Сопоставить"), hint, not asked, reverse("sync_match"))] if pairs.exists() else []
