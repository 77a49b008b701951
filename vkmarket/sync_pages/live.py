"""What happens now, as the merchant watches it: at rest, frozen, waiting for its turn, reading, sending."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog.models import CachedStore, SyncConfig
from connections.models import Community, EvotorConnection, VkConnection
from evosync.base import clock
from vkmarket import figures, waiting
from vkmarket.figures import Figures
from vkmarket.models import SyncRun
from vkmarket.removal_round import open_one
from vkmarket.removals import Progress
from vkmarket.removals import look as look_at
from vkmarket.stages import Stage


class State(TextChoices):
    """In the order in which they are told: the first that is true."""

    NO_VK = "no_vk", _("ВКонтакте не подключён")
    REMOVING = "removing", _("Убираем товары из ВК")
    RUNNING = "running", _("Сейчас идёт")
    READING = "reading", _("Читаем кассу")
    QUEUED = "queued", _("В очереди: начнётся через несколько секунд")
    OFF = "off", _("Выключена: в ВК ничего не отправляется")
    NO_EVOTOR = "no_evotor", _("Эвотор не подключён")
    BROKEN = "broken", _("Остановилась: подключение не работает")
    STOPPED = "stopped", _("Остановлена вами")
    IDLE = "idle", _("Работает")


BUSY = (State.RUNNING, State.READING, State.QUEUED)


@dataclass(frozen=True, slots=True)
class Live:
    """One look at a merchant's synchronisation."""

    config: SyncConfig
    community: Community | None
    state: State
    figures: Figures
    # Was the till ever read, and was it ever worked out what of it is published? Before that 0 is no figure.
    is_read: bool = False
    is_planned: bool = False
    # How many decisions wait for the merchant.
    questions: int = 0
    # And how many items made by hand, which are one of them.
    matches: int = 0
    run: SyncRun | None = None
    removal: Progress | None = None
    # The connection that is broken.
    broken: Any = None

    @property
    def busy(self) -> bool:
        return self.state in BUSY

    @property
    def next_at(self) -> datetime | None:
        """When the next cycle begins by itself; None: at the next look of the dispatcher."""
        at = self.config.next_sync_at
        return at if at and at > clock.now() else None

    @property
    def can_stop(self) -> bool:
        return self.busy and self.config.enabled and not self.config.stopped_at

    @property
    def stopping(self) -> bool:
        return self.state == State.RUNNING and bool(self.config.stopped_at)

    @property
    def stage(self) -> str:
        told = self.run.progress.get("stage") if self.run else None
        return str(Stage(told).label) if told in Stage.values else ""

    @property
    def total(self) -> int:
        """Of what the run is at; while it sends, of all that was planned, also by slices before this one."""
        if self.run is None:
            return 0
        told = self.run.progress
        total = told.get("total") or 0
        return max(total, sum(self.run.planned.values())) if told.get("stage") == Stage.SENDING else total

    @property
    def done(self) -> int:
        return self.total - self.left

    @property
    def left(self) -> int:
        told = self.run.progress if self.run else {}
        return max(0, (told.get("total") or 0) - (told.get("done") or 0))


def look(user: User) -> Live:
    """In a handful of queries."""
    config = SyncConfig.objects.of_or_new(user)
    vk = _linked(VkConnection, user)
    community = vk.community if vk else None
    if community is None:
        told = Figures(products=figures.of_user(user))
        return Live(config, None, State.NO_VK, told, is_read=_is_read(user, told))
    evotor = _linked(EvotorConnection, user)
    removal = open_one(user, community)
    run = SyncRun.objects.filter(community=community, status=SyncRun.Status.RUNNING).order_by("-pk").first()
    broken = next((one for one in (vk, evotor) if one and one.last_checked_at and not one.is_online), None)
    state = State.REMOVING if removal else _state(config, run, evotor, broken)
    going = look_at(removal) if removal else None
    counted, matches = figures.count(community), waiting.matches(community)
    told = figures.of_community(user, community, counted)
    return Live(
        config=config,
        community=community,
        state=state,
        figures=told,
        is_read=_is_read(user, told),
        is_planned=bool(counted) or SyncRun.objects.rounds().filter(community=community).exists(),
        questions=waiting.count(community, matches, counted, waiting.no_category(user, config, counted)),
        matches=matches,
        run=run,
        removal=going,
        broken=broken,
    )


def _is_read(user: User, told: Figures) -> bool:
    return told.products > 0 or CachedStore.objects.of(user).filter(complete_at__isnull=False).exists()


def _linked(model, user: User) -> Any:
    """The connection with what it is linked to, if it has a token; the token itself is not read."""
    rows = model.objects.filter(user=user).exclude(access_token="").defer("access_token")
    return (rows.select_related("community") if model is VkConnection else rows).first()


def _state(config: SyncConfig, run: SyncRun | None, evotor, broken) -> State:
    now = clock.now()
    answers = (
        (run, State.RUNNING),
        (config.reading_until and config.reading_until > now, State.READING),
        (config.queued_at, State.QUEUED),
        (not config.enabled, State.OFF),
        (evotor is None, State.NO_EVOTOR),
        (broken, State.BROKEN),
        (config.stopped_at, State.STOPPED),
    )
    return next((state for true, state in answers if true), State.IDLE)
