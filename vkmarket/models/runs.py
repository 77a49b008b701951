"""What was done: rounds, the calls of each, and who may work at a community now."""

from collections.abc import Sequence

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from connections.models import Community
from evosync.base.fields import PlainJSON

from ..reasons import Alarm
from .listings import AlbumListing, Listing
from .mirror import OfCommunityQuerySet

# Why a run or a preview ended before its time, in `SyncRun.error` beside the codes of ConnectionFault: its worker was
# killed, or a bug ended it; the merchant stopped it, which is no failure; what a preview showed is not so any more.
INTERRUPTED, STOPPED, OUTDATED = "interrupted", "stopped", "outdated"


class SyncRunQuerySet(OfCommunityQuerySet):
    def rounds(self):
        """What was done, or is to be: everything but previews."""
        return self.exclude(status=SyncRun.Status.PREVIEW)

    def previews(self):
        """What pages have had looked ahead (`vkmarket.previews`)."""
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
    # What each guard that tripped saw, as `vkmarket.plan.Verdict.tripped`; and {"marks": {"items": n}}, the question
    # whether goods with our marks are ours.
    verdict = models.JSONField(_("решение защиты"), encoder=PlainJSON, default=dict)
    lines = models.JSONField(_("строки"), encoder=PlainJSON, default=list)
    # What it is at, while it runs: {"stage", "done", "total"} (`vkmarket.progress`).
    progress = models.JSONField(encoder=PlainJSON, default=dict, blank=True, editable=False)
    # A ConnectionFault, or one of the ends above.
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

    @property
    def undecided(self) -> int:
        """Goods that waited for the merchant's word after it: deleted in VK by hand, or perhaps there."""
        return self.counts.get("failed", 0) - self.counts.get("refused", 0)

    @property
    def found_all_well(self) -> bool:
        """Nothing was sent, since nothing had to be, and nothing is left to be sent or answered."""
        quiet = ("created", "updated", "hidden", "deleted", "failed", "unknown", "waiting", "drift")
        ended_well = self.status == self.Status.DONE and not self.error and not self.error_text
        return ended_well and not any(self.counts.get(name) for name in quiet)


class AttemptQuerySet(models.QuerySet):
    def newest(self):
        """One for each listing and album of a run: the call that tells how it stands."""
        # SQLite looks for a bare `newest` in no index, for `newest IN (1)` it does.
        return self.filter(newest__in=[True])

    def first_of(self, run: int | None) -> int | None:
        """The key of a run's first call; None: it has none."""
        # Each stands at one end of a part of the index `attempt_run_order`.
        parts = [self.filter(run=run, newest__in=[flag]).order_by("pk") for flag in (False, True)]
        keys = [part.values_list("pk", flat=True).first() for part in parts]
        return min((key for key in keys if key is not None), default=None)

    def outdate(self, attempts: Sequence["Attempt"]) -> None:
        """These, of one run and about to be added, are newer than all that it has about the same."""
        run = attempts[0].run_id
        first = self.first_of(run)
        if first is None:
            return
        listings, albums = ([key for a in attempts if (key := getattr(a, name))] for name in ("listing_id", "album_id"))
        for about in ({"listing__in": listings}, {"album__in": albums}):
            # Without `run`: it is long, and what is known of one listing is little.
            known = self.filter(**about, pk__gte=first).values_list("pk", "run")
            self.filter(pk__in=[pk for pk, its_run in known if its_run == run]).update(newest=False)


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
    # No later one of its run is about the same listing or album.
    newest = models.BooleanField(default=True, editable=False)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        db_table = "attempts"
        indexes = [
            models.Index(fields=["alarm", "sent_at"], name="attempt_alarms"),
            # In the order of a run's list: whole, and of some outcomes.
            models.Index(fields=["run", "newest", "id"], name="attempt_run_order"),
            models.Index(fields=["run", "newest", "state", "id"], name="attempt_run_states"),
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
