import hashlib

from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.visibility import OwnedQuerySet
from catalog.models import CachedGroup, CachedProduct
from connections.models import Community
from evosync.base.fields import PlainJSON

from .items import Item
from .plan import Change, Wish, change, next_step
from .reasons import Alarm, Block, Lane, Reason

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MARK = "ES"
# What our marks look like, for the database.
MARKED = rf"^{MARK}[{CROCKFORD}]{{10}}$"


def derive_sku(group_id: int, store_id: str, product_id: str) -> str:
    """Our mark on an item: "ES" and 10 characters of Crockford base32, the same for ever for these ids."""
    digest = hashlib.blake2b(f"{group_id}\0{store_id}\0{product_id}".encode(), digest_size=7).digest()
    number = int.from_bytes(digest) >> 6
    return MARK + "".join(CROCKFORD[number >> shift & 31] for shift in range(45, -1, -5))


class OfCommunityQuerySet(OwnedQuerySet):
    owner = "community__connection__user"


class VkCategory(models.Model):
    """One category of VK's tree, as cached from `market.getCategories`. Only leaves take items."""

    category_id = models.BigIntegerField(unique=True)
    name = models.CharField(max_length=255)
    path = models.CharField(max_length=1000)
    is_leaf = models.BooleanField(default=True)
    fetched_at = models.DateTimeField()

    class Meta:
        db_table = "vk_categories"
        verbose_name = _("категория ВК")
        verbose_name_plural = _("категории ВК")

    def __str__(self) -> str:
        return self.path


class VkCachedAlbum(models.Model):
    """An album (collection) of the community as VK last showed it, ours or foreign."""

    community = models.ForeignKey(Community, models.CASCADE, related_name="vk_albums")
    album_id = models.BigIntegerField()
    title = models.CharField(_("название"), max_length=255)
    count = models.PositiveIntegerField(_("товаров"), default=0)
    is_main = models.BooleanField(default=False)
    is_hidden = models.BooleanField(default=False)
    absent_since = models.DateTimeField(null=True, blank=True)

    objects = OfCommunityQuerySet.as_manager()

    class Meta:
        db_table = "vk_cached_albums"
        constraints = [models.UniqueConstraint(fields=["community", "album_id"], name="one_vk_album")]
        verbose_name = _("подборка ВК")
        verbose_name_plural = _("подборки ВК")

    def __str__(self) -> str:
        return self.title


class VkCachedProduct(models.Model):
    """An item of the community as VK last showed it, ours or foreign."""

    community = models.ForeignKey(Community, models.CASCADE, related_name="vk_products")
    item_id = models.BigIntegerField()
    title = models.CharField(_("название"), max_length=500)
    description = models.TextField(_("описание"), blank=True)
    price = models.DecimalField(_("цена, ₽"), max_digits=15, decimal_places=2, null=True)
    sku = models.CharField(_("артикул"), max_length=64, blank=True, db_index=True)
    stock = models.BigIntegerField(_("остаток"), null=True)
    availability = models.SmallIntegerField(default=0)
    category_id = models.BigIntegerField(null=True)
    albums = models.JSONField(encoder=PlainJSON, default=list)
    photos = models.JSONField(encoder=PlainJSON, default=list)
    thumb_url = models.CharField(max_length=1000, blank=True)
    # VK's moderation: {title, description, …} while it refuses the item.
    reject_info = models.JSONField(encoder=PlainJSON, null=True, blank=True)
    # Casefolded title and sku: SQLite folds no Cyrillic case.
    search_text = models.CharField(max_length=250, blank=True, default="")
    hash = models.CharField(max_length=32)
    absent_since = models.DateTimeField(null=True, blank=True)

    objects = OfCommunityQuerySet.as_manager()

    class Meta:
        db_table = "vk_cached_products"
        constraints = [models.UniqueConstraint(fields=["community", "item_id"], name="one_vk_item")]
        indexes = [models.Index(fields=["community", "absent_since", "item_id", "search_text"], name="vk_item_search")]
        verbose_name = _("товар ВК")
        verbose_name_plural = _("товары ВК")

    def __str__(self) -> str:
        return self.title


class VkAlbumPlace(models.Model):
    """That an item of the mirror lies in an album: `VkCachedProduct.albums` as rows, which a list can be made from."""

    community = models.ForeignKey(Community, models.CASCADE, related_name="+", db_index=False)
    # 0: in none.
    album_id = models.BigIntegerField()
    item_id = models.BigIntegerField()

    class Meta:
        db_table = "vk_album_places"
        constraints = [models.UniqueConstraint(fields=["community", "album_id", "item_id"], name="one_album_place")]
        indexes = [models.Index(fields=["community", "item_id"], name="album_places_of_item")]
        verbose_name = _("место в подборке")
        verbose_name_plural = _("места в подборках")

    def __str__(self) -> str:
        return f"{self.item_id} ∈ {self.album_id}"


class ListingQuerySet(OfCommunityQuerySet):
    def due(self, at):
        """Listings with something to send now."""
        ready = models.Q(due_at=None) | models.Q(due_at__lte=at)
        return self.filter(ready, lane__isnull=False, blocked="", unsettled_since=None, twin_check_at=None)

    def bound(self):
        return self.filter(vk_item_id__isnull=False)


class Listing(models.Model):
    """One thing on the showcase: what we want it to be, what VK accepted, what VK showed."""

    community = models.ForeignKey(Community, models.PROTECT, related_name="listings")
    sku = models.CharField(_("наш знак"), max_length=50)
    vk_item_id = models.BigIntegerField(_("товар ВК"), null=True, blank=True)

    # What the rules last said: an Item as JSON, or NULL while there never was one to show.
    wanted = models.JSONField(encoder=PlainJSON, null=True, blank=True)
    wanted_rev = models.PositiveIntegerField(default=0)
    wanted_hash = models.CharField(max_length=32, blank=True)
    # The merchant opted in to deleting what left the till; else it is hidden.
    wanted_delete = models.BooleanField(default=False)
    hold = models.CharField(_("почему не публикуется"), max_length=32, choices=Reason, blank=True, default="")
    # The Item that VK last accepted from us, and what a read showed where that differs.
    sent = models.JSONField(encoder=PlainJSON, null=True, blank=True)
    seen = models.JSONField(encoder=PlainJSON, null=True, blank=True)

    # An uploaded picture that waits for its item or is on it, and what it was made from.
    photo_id = models.BigIntegerField(null=True, blank=True)
    photo_source = models.CharField(max_length=80, blank=True)

    lane = models.PositiveSmallIntegerField(_("очередь"), choices=Lane, null=True, blank=True)
    due_at = models.DateTimeField(_("не раньше"), null=True, blank=True)
    blocked = models.CharField(_("почему не отправляется"), max_length=32, choices=Block, blank=True, default="")
    # The wish that a person has seen and allowed, whatever the guards say of it.
    approved_hash = models.CharField(max_length=32, blank=True)
    # The wish that guards hold back and that a person does not want: it stays back, and nobody is asked again.
    declined_hash = models.CharField(max_length=32, blank=True, default="")
    error_code = models.IntegerField(_("код ВК"), null=True, blank=True)
    error_text = models.CharField(_("ответ ВК"), max_length=500, blank=True)

    # A buyer sees it and can buy it, as far as VK has accepted.
    shown = models.BooleanField(_("на витрине"), default=False)
    # An add whose outcome is not known yet: since when, and nothing else is sent meanwhile.
    unsettled_since = models.DateTimeField(_("ответ ВК неизвестен с"), null=True, blank=True)
    # A second add stays hidden until a complete read begun after this moment shows that it is the only one.
    twin_check_at = models.DateTimeField(null=True, blank=True)
    written_at = models.DateTimeField(_("отправлен"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("подтверждён в ВК"), null=True, blank=True)
    # Price or stock that VK showed otherwise was sent once more; what differs after that is told.
    corrected_at = models.DateTimeField(null=True, blank=True)
    # Names of the fields in which VK shows something else than it accepted.
    drift = models.JSONField(_("расходится"), encoder=PlainJSON, default=list, blank=True)
    # The same as a column that an index may hold: an empty list is "[]".
    has_drift = models.GeneratedField(
        expression=GreaterThan(Length("drift"), 2), output_field=models.BooleanField(), db_persist=True
    )

    # Where a person took what VK shows for right: field -> [what we had sent, what VK showed]. While both stay so it
    # is no drift.
    accepted = models.JSONField(encoder=PlainJSON, default=dict, blank=True, editable=False)

    objects = ListingQuerySet.as_manager()

    class Meta:
        db_table = "listings"
        constraints = [
            models.UniqueConstraint(fields=["community", "sku"], name="one_sku"),
            models.UniqueConstraint(fields=["community", "vk_item_id"], name="one_listing_an_item"),
        ]
        indexes = [
            models.Index(fields=["community", "lane", "due_at"], name="listing_due"),
            models.Index(fields=["community", "shown"], name="listing_shown"),
            # Covers all that `vkmarket.figures` counts by.
            models.Index(
                fields=[
                    *("community", "hold", "blocked", "has_drift"),
                    *("lane", "vk_item_id", "confirmed_at", "unsettled_since"),
                ],
                name="listing_figures",
            ),
        ]
        verbose_name = _("публикация")
        verbose_name_plural = _("публикации")

    def __str__(self) -> str:
        return self.sku

    @property
    def is_approved(self) -> bool:
        """Has a person allowed this very wish?"""
        return bool(self.approved_hash) and self.approved_hash == self.wanted_hash

    def wish(self) -> Wish:
        wanted = Item.from_json(self.wanted) if self.wanted else None
        return Wish(wanted, self.hold, delete=self.wanted_delete)

    def existing(self) -> Item | None:
        return Item.from_json(self.sent) if self.sent else None

    def change(self) -> Change | None:
        """What this listing needs now, None where VK has its wish."""
        return change(self.pk, self.wish(), self.existing())

    def plan_lane(self) -> None:
        """Put it into the lane of its next call, or out of all lanes."""
        due = self.change()
        self.lane = next_step(due).lane if due else None

    def take(self, sent: dict, at) -> None:
        """VK has accepted `sent`: that is not confirmed yet, and no older error speaks of it."""
        self.sent = sent
        self.shown = sent["visible"] and sent["stock"] != 0
        self.written_at, self.confirmed_at, self.drift, self.seen = at, None, [], None
        self.due_at, self.error_code, self.error_text = None, None, ""


class ListingSource(models.Model):
    """Which product a listing shows. Only a rebind changes it."""

    listing = models.OneToOneField(Listing, models.PROTECT, related_name="source")
    # The listing's: a merchant who takes another community has the same products there once more.
    community = models.ForeignKey(Community, models.PROTECT, related_name="+")
    product = models.ForeignKey(CachedProduct, models.PROTECT, related_name="listing_sources")
    # A person said that this product is none of those that are gone: it is never given the listing of one.
    is_new = models.BooleanField(default=False, editable=False)
    # What the stored wish was made from (`vkmarket.basis`); '': to be judged again.
    basis = models.CharField(max_length=32, blank=True, default="", editable=False)
    context = models.CharField(max_length=32, blank=True, default="", editable=False)

    class Meta:
        db_table = "listing_sources"
        constraints = [models.UniqueConstraint(fields=["community", "product"], name="one_source")]
        verbose_name = _("источник публикации")
        verbose_name_plural = _("источники публикаций")

    def __str__(self) -> str:
        return f"{self.listing} ← {self.product}"


class AlbumListing(models.Model):
    """The VK album that shows a product group."""

    community = models.ForeignKey(Community, models.PROTECT, related_name="album_listings")
    group = models.ForeignKey(CachedGroup, models.PROTECT, related_name="album_listings")
    title = models.CharField(_("название"), max_length=128)
    sent_title = models.CharField(max_length=128, blank=True)
    album_id = models.BigIntegerField(_("подборка ВК"), null=True, blank=True)
    # Found in VK under our title: used, but never renamed or deleted.
    adopted = models.BooleanField(_("найдена в ВК"), default=False)
    due_at = models.DateTimeField(_("не раньше"), null=True, blank=True)
    blocked = models.CharField(max_length=32, choices=Block, blank=True, default="")
    error_code = models.IntegerField(_("код ВК"), null=True, blank=True)
    error_text = models.CharField(_("ответ ВК"), max_length=500, blank=True)

    objects = OfCommunityQuerySet.as_manager()

    class Meta:
        db_table = "album_listings"
        constraints = [
            models.UniqueConstraint(fields=["community", "group"], name="one_group_album"),
            models.UniqueConstraint(fields=["community", "album_id"], name="one_album_listing"),
        ]
        verbose_name = _("публикация группы")
        verbose_name_plural = _("публикации групп")

    def __str__(self) -> str:
        return self.title


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
        ]
        verbose_name = _("вызов ВК")
        verbose_name_plural = _("вызовы ВК")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.listing or self.album}: {self.get_state_display()}"


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

    class Meta:
        db_table = "leases"
        verbose_name = _("аренда сообщества")
        verbose_name_plural = _("аренды сообществ")

    def __str__(self) -> str:
        return f"{self.community}: {self.holder or '—'}"
