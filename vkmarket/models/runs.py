"""What was done: rounds, the calls of each, and who may work at a community now."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from connections.models import Community
from evosync.base.fields import PlainJSON

from ..reasons import Alarm
from .listings import AlbumListing, Listing
from .mirror import OfCommunityQuerySet


class SyncRunQuerySet(OfCommunityQuerySet):
    def rounds(self):
        """What was done, or is to be: everything but previews."""
        return self.exclude(status=SyncRun.Status.PREVIEW)

    def previews(self):
        return self.filter(status=SyncRun.Status.PREVIEW)


class SyncRun(models.Model):
    """One round of plan, send and confirm for a community."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("в очереди")
        RUNNING = "running", _("идёт")
        WAITING = "waiting", _("ждёт подтверждения")
        DONE = "done", _("выполнен")
        FAILED = "failed", _("не удался")
        # No round at all: what one would do, made to be looked at (`vkmarket.previews`).
        PREVIEW = "preview", _("предпросмотр")

    community = models.ForeignKey(Community, models.PROTECT, related_name="runs")
    status = models.CharField(_("состояние"), max_length=16, choices=Status, default=Status.QUEUED)
    queued_at = models.DateTimeField(_("запрошен"), null=True, blank=True)
    started_at = models.DateTimeField(_("начат"), null=True, blank=True)
    finished_at = models.DateTimeField(_("окончен"), null=True, blank=True)
    # Between two slices: nobody is at it, and the next slice is asked for.
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    # How many of each kind: what was planned, and what came of it.
    planned = models.JSONField(_("план"), encoder=PlainJSON, default=dict)
    counts = models.JSONField(_("итог"), encoder=PlainJSON, default=dict)
    digest = models.CharField(max_length=32, blank=True)
    # What each guard that tripped saw: {guard: {"planned": n, "shown": n}}.
    verdict = models.JSONField(_("решение защиты"), encoder=PlainJSON, default=dict)
    lines = models.JSONField(_("строки"), encoder=PlainJSON, default=list)
    # What it is at, while it runs: {"stage", "done", "total"} (`vkmarket.progress`).
    progress = models.JSONField(encoder=PlainJSON, default=dict, blank=True, editable=False)
    error = models.CharField(_("ошибка"), max_length=64, blank=True)
    error_text = models.CharField(max_length=500, blank=True)
    approved_at = models.DateTimeField(_("подтверждён"), null=True, blank=True)
    approved_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    declined_at = models.DateTimeField(_("отклонён"), null=True, blank=True)
    declined_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    # Of a preview: the wishes that were shown and that a guard may hold, digest by product. Emptied once allowed.
    shown = models.JSONField(encoder=PlainJSON, default=dict, blank=True, editable=False)

    objects = SyncRunQuerySet.as_manager()

    class Meta:
        db_table = "sync_runs"
        verbose_name = _("запуск синхронизации")
        verbose_name_plural = _("запуски синхронизации")

    def __str__(self) -> str:
        return f"{self.community} #{self.pk}"


class Attempt(models.Model):
    """One call to VK about one listing or album: the intention, committed before, and what came of it."""

    class Kind(models.TextChoices):
        CREATE = "create", _("создать")
        UPDATE = "update", _("изменить")
        HIDE = "hide", _("скрыть")
        UNHIDE = "unhide", _("показать")
        PHOTO = "photo", _("картинка")
        ALBUM_ADD = "album_add", _("добавить в подборку")
        ALBUM_REMOVE = "album_remove", _("убрать из подборки")
        DELETE = "delete", _("удалить")
        TWIN = "twin", _("удалить двойника")
        ALBUM_CREATE = "album_create", _("создать подборку")
        ALBUM_RENAME = "album_rename", _("переименовать подборку")

    class State(models.TextChoices):
        SENT = "sent", _("отправлено")
        ACCEPTED = "accepted", _("принято")
        REFUSED = "refused", _("отклонено")
        NOT_RUN = "not_run", _("не выполнено")
        UNKNOWN = "unknown", _("ответа нет")
        ABSENT = "absent", _("не найдено в ВК")

    listing = models.ForeignKey(Listing, models.PROTECT, null=True, blank=True, related_name="attempts")
    album = models.ForeignKey(AlbumListing, models.PROTECT, null=True, blank=True, related_name="attempts")
    run = models.ForeignKey(SyncRun, models.PROTECT, null=True, blank=True, related_name="attempts")
    kind = models.CharField(_("действие"), max_length=16, choices=Kind)
    state = models.CharField(_("итог"), max_length=16, choices=State, default=State.SENT)
    before = models.JSONField(_("было"), encoder=PlainJSON, default=dict)
    after = models.JSONField(_("стало"), encoder=PlainJSON, default=dict)
    # What the guards count it as: nobody has chosen it.
    alarm = models.CharField(_("тревога"), max_length=16, choices=Alarm, blank=True, default="")
    fence = models.BigIntegerField()
    sent_at = models.DateTimeField(_("отправлено"))
    finished_at = models.DateTimeField(_("окончено"), null=True, blank=True)
    error_code = models.IntegerField(_("код ВК"), null=True, blank=True)
    error_text = models.CharField(_("ответ ВК"), max_length=500, blank=True)
    # The listing's id while the outcome is open, NULL afterwards: one in flight a listing.
    in_flight = models.BigIntegerField(null=True, blank=True, unique=True)
    album_in_flight = models.BigIntegerField(null=True, blank=True, unique=True)

    class Meta:
        db_table = "attempts"
        indexes = [
            models.Index(fields=["alarm", "sent_at"], name="attempt_alarms"),
            models.Index(fields=["run", "state"], name="attempt_outcomes"),
            models.Index(fields=["run", "id"], name="attempt_order"),
        ]
        verbose_name = _("вызов ВК")
        verbose_name_plural = _("вызовы ВК")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.listing or self.album}: {self.get_state_display()}"

    @property
    def about(self) -> int:
        """The key of the listing or the album that it is about: it has one of the two."""
        key = self.listing_id or self.album_id
        if key is None:
            raise ValueError("an attempt about nothing")
        return key


class Lease(models.Model):
    """Who may write to a community now, by the database's clock. Written by `vkmarket.leasing` alone."""

    community = models.OneToOneField(Community, models.CASCADE, related_name="lease")
    fence = models.BigIntegerField(default=0)
    holder = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField(null=True)
    # Set by whoever found the lease taken: the holder looks again before it leaves.
    again = models.BooleanField(default=False)
    # The products that they came about (primary keys of the mirror); empty: everything.
    again_products = models.JSONField(encoder=PlainJSON, default=list, blank=True)
    # The paused run whose next slice found the lease taken: the holder asks for that slice again (key of SyncRun).
    again_run = models.BigIntegerField(null=True)

    class Meta:
        db_table = "leases"
        verbose_name = _("аренда сообщества")
        verbose_name_plural = _("аренды сообществ")

    def __str__(self) -> str:
        return f"{self.community}: {self.holder or '—'}"
