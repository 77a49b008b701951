from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.visibility import OwnedQuerySet
from connections.models import EvotorConnection


class StoreError(models.TextChoices):
    """Why a store could not be read."""

    NONE = "", _("Ошибок нет")
    NOT_INSTALLED = "not_installed", _("Приложение не установлено на кассы этого магазина")
    FORBIDDEN = (
        "forbidden",
        _("У приложения нет прав на товары этого магазина: нужны product:read и product-group:read"),
    )
    MISSING = "missing", _("Эвотор больше не показывает этот магазин")
    OTHER_ACCOUNT = "other_account", _("Магазин из другого аккаунта Эвотор: сейчас подключён не он")
    INCOMPLETE = "incomplete", _("Эвотор отдал каталог не целиком")
    UNAVAILABLE = "unavailable", _("Эвотор не отвечает")


class StoreQuerySet(OwnedQuerySet):
    owner = "connection__user"

    def present(self):
        """Those that Evotor shows."""
        return self.filter(absent_since=None)


class CachedStore(models.Model):
    """A shop of the merchant as Evotor last told it."""

    connection = models.ForeignKey(EvotorConnection, models.CASCADE, related_name="stores")
    evotor_id = models.CharField(_("номер в Эвотор"), max_length=64)
    # Whose it is in Evotor; '' where Evotor did not say.
    account = models.CharField(_("аккаунт Эвотор"), max_length=64, blank=True, default="")
    name = models.CharField(_("название"), max_length=255)
    address = models.CharField(_("адрес"), max_length=500, blank=True)
    hash = models.CharField(max_length=32)
    absent_since = models.DateTimeField(_("нет в Эвотор с"), null=True, blank=True)
    # The last complete read; goods of a store that cannot be read any more are hidden after STORE_STALE_HOURS.
    complete_at = models.DateTimeField(_("прочитан целиком"), null=True, blank=True)
    unreadable_since = models.DateTimeField(_("не читается с"), null=True, blank=True)
    error = models.CharField(_("ошибка"), max_length=32, choices=StoreError, blank=True, default="")
    # Of its products those that Evotor shows. Kept, for every page tells it and to count a hundred thousand takes long.
    goods = models.PositiveIntegerField(_("товаров"), default=0)

    objects = StoreQuerySet.as_manager()

    class Meta:
        db_table = "cached_stores"
        constraints = [models.UniqueConstraint(fields=["connection", "evotor_id"], name="one_store")]
        verbose_name = _("магазин")
        verbose_name_plural = _("магазины")

    def __str__(self) -> str:
        return self.name

    def count_goods(self) -> None:
        """Keep how many products there are, after some have come or gone."""
        goods = self.products.present().count()
        if goods != self.goods:
            self.goods = goods
            self.save(update_fields=["goods"])


class OfStoreQuerySet(OwnedQuerySet):
    owner = "store__connection__user"

    def present(self):
        """Those that Evotor shows, as far as it has been read."""
        return self.filter(absent_since=None)


class CachedGroup(models.Model):
    """A product group of a store. Groups form a tree by `parent_id`, which may point at nothing."""

    store = models.ForeignKey(CachedStore, models.CASCADE, related_name="groups")
    evotor_id = models.CharField(_("номер в Эвотор"), max_length=64)
    parent_id = models.CharField(_("группа-родитель"), max_length=64, blank=True)
    name = models.CharField(_("название"), max_length=500)
    # Of a modification group: [{id, name, choices: [{id, name}]}].
    attributes = models.JSONField(default=list, blank=True)
    hash = models.CharField(max_length=32)
    absent_since = models.DateTimeField(_("нет в Эвотор с"), null=True, blank=True)
    # A second complete list agreed: only then goods leave its album.
    absent_proven = models.BooleanField(default=False)
    # The merchant's choices, not Evotor's: groups without one take the parent's, and a category then the default.
    vk_category_id = models.BigIntegerField(_("категория ВК"), null=True, blank=True)
    own_picture = models.CharField(_("своя картинка"), max_length=64, blank=True, default="")
    # Casefolded name: SQLite folds no Cyrillic case.
    search_text = models.CharField(max_length=1000, blank=True, default="")

    objects = OfStoreQuerySet.as_manager()

    class Meta:
        db_table = "cached_groups"
        constraints = [models.UniqueConstraint(fields=["store", "evotor_id"], name="one_group")]
        verbose_name = _("группа товаров")
        verbose_name_plural = _("группы товаров")

    def __str__(self) -> str:
        return self.name


class CachedProduct(models.Model):
    """A product of a store as Evotor last told it; what Evotor did not tell is empty or NULL."""

    store = models.ForeignKey(CachedStore, models.CASCADE, related_name="products")
    evotor_id = models.CharField(_("номер в Эвотор"), max_length=64)
    parent_id = models.CharField(_("группа"), max_length=64, blank=True)
    name = models.CharField(_("название"), max_length=1000)
    type = models.CharField(_("тип"), max_length=64)
    price = models.DecimalField(_("цена, ₽"), max_digits=14, decimal_places=2, null=True)
    cost_price = models.DecimalField(_("закупка, ₽"), max_digits=15, decimal_places=3, null=True)
    quantity = models.DecimalField(_("остаток"), max_digits=18, decimal_places=3, null=True)
    measure_name = models.CharField(_("единица"), max_length=64, blank=True)
    allow_to_sell = models.BooleanField(_("продаётся"), default=True)
    description = models.TextField(_("описание"), blank=True)
    article_number = models.CharField(_("артикул"), max_length=255, blank=True)
    code = models.CharField(_("код"), max_length=255, blank=True)
    barcodes = models.JSONField(_("штрихкоды"), default=list, blank=True)
    attributes_choices = models.JSONField(default=dict, blank=True)
    # Any of alcocodes, alcohol_by_volume, alcohol_product_kind_code, tare_volume was told.
    has_alcohol_fields = models.BooleanField(_("алкоголь"), default=False)
    is_excisable = models.BooleanField(_("подакцизный"), default=False)
    is_age_limited = models.BooleanField(_("18+"), default=False)
    image_url = models.CharField(_("картинка Эвотор"), max_length=1000, blank=True)
    # Of the picture alone: the list of products does not tell it. NULL: to be asked.
    image_checked_at = models.DateTimeField(_("о картинке спрошено"), null=True, blank=True)
    # The merchant's own, which go before Evotor's: a description, and the name of a picture file.
    own_text = models.TextField(_("своё описание"), blank=True, default="")
    own_picture = models.CharField(_("своя картинка"), max_length=64, blank=True, default="")
    updated_at = models.DateTimeField(_("изменён в Эвотор"), null=True)
    # Casefolded name, article and barcodes: SQLite folds no Cyrillic case.
    search_text = models.CharField(max_length=600, blank=True, default="")
    # The beginning of the casefolded name, for lists in the order of names.
    sort_name = models.CharField(max_length=60, blank=True, default="")
    hash = models.CharField(max_length=32)
    absent_since = models.DateTimeField(_("нет в Эвотор с"), null=True, blank=True)
    # Absence proven: by a 404 of the product itself or by a second complete run.
    absent_proven = models.BooleanField(default=False)

    objects = OfStoreQuerySet.as_manager()

    class Meta:
        db_table = "cached_products"
        constraints = [models.UniqueConstraint(fields=["store", "evotor_id"], name="one_product")]
        indexes = [
            # Pages count and search by these without reading a row: the lists of goods in each of their orders.
            models.Index(fields=["store", "absent_since", "parent_id", "sort_name"], name="product_place"),
            models.Index(fields=["store", "absent_since", "sort_name", "search_text"], name="product_by_name"),
            models.Index(fields=["store", "absent_since", "price"], name="product_by_price"),
            models.Index(fields=["store", "absent_since", "quantity"], name="product_by_stock"),
            # In the order of their keys: the newest first, and the table (CSV) chunk by chunk.
            models.Index(fields=["store", "absent_since"], name="product_newest"),
            models.Index(fields=["store", "image_checked_at"], name="product_image_due"),
        ]
        verbose_name = _("товар Эвотор")
        verbose_name_plural = _("товары Эвотор")

    def __str__(self) -> str:
        return self.name


class RefreshRunQuerySet(OwnedQuerySet):
    owner = "store__connection__user"


class RefreshRun(models.Model):
    """One reading of a store's catalog, and whether it was complete."""

    store = models.ForeignKey(CachedStore, models.CASCADE, related_name="refresh_runs")
    started_at = models.DateTimeField(_("начат"))
    finished_at = models.DateTimeField(_("окончен"), null=True)
    complete = models.BooleanField(_("целиком"), default=False)
    error = models.CharField(_("ошибка"), max_length=32, choices=StoreError, blank=True, default="")
    error_text = models.CharField(max_length=500, blank=True)
    groups = models.PositiveIntegerField(_("групп"), default=0)
    products = models.PositiveIntegerField(_("товаров"), default=0)
    written = models.PositiveIntegerField(_("изменилось"), default=0)
    vanished = models.PositiveIntegerField(_("исчезло"), default=0)

    objects = RefreshRunQuerySet.as_manager()

    class Meta:
        db_table = "refresh_runs"
        verbose_name = _("чтение каталога")
        verbose_name_plural = _("чтения каталога")

    def __str__(self) -> str:
        return f"{self.store}, {self.started_at:%d.%m.%Y %H:%M}"


class Rounding(models.TextChoices):
    NONE = "none", _("не округлять")
    RUBLE = "ruble", _("до рубля")
    TEN = "ten", _("до десяти рублей")
    UP_TO_RUBLE = "up_ruble", _("до рубля вверх")


class SyncConfigQuerySet(OwnedQuerySet):
    def of_or_new(self, user: User) -> "SyncConfig":
        """The user's settings; where none were kept yet, those that they would begin with, not saved."""
        return self.of(user).first() or SyncConfig(user=user)


class SyncConfig(models.Model):
    """How a merchant's goods are published. Nothing is sent while the master switch is off."""

    user = models.OneToOneField(User, models.CASCADE, related_name="sync_config")
    enabled = models.BooleanField(_("синхронизация включена"), default=False)
    default_category_id = models.BigIntegerField(_("категория ВК по умолчанию"), null=True, blank=True)
    markup_percent = models.DecimalField(_("наценка, %"), max_digits=6, decimal_places=2, default=0)
    rounding = models.CharField(_("округление"), max_length=16, choices=Rounding, default=Rounding.NONE)
    show_stock = models.BooleanField(_("показывать остатки"), default=True)
    delete_absent = models.BooleanField(_("удалять исчезнувшие товары из ВК"), default=False)
    card_color = models.CharField(_("цвет карточки"), max_length=7, default="#2F5D8A")
    # When the next cycle is due (NULL: now), since when one is asked for and not begun, until when a worker that has
    # begun one may be reading the till, and since when the watchdog has asked for what was left undone.
    next_sync_at = models.DateTimeField(_("следующая синхронизация"), null=True, editable=False, db_index=True)
    queued_at = models.DateTimeField(_("в очереди с"), null=True, editable=False)
    reading_until = models.DateTimeField(_("читается до"), null=True, editable=False)
    # The merchant has stopped the sending until the next cycle, or until they ask for one.
    stopped_at = models.DateTimeField(_("остановлено"), null=True, editable=False)
    revived_at = models.DateTimeField(_("продолжается с"), null=True, editable=False)

    objects = SyncConfigQuerySet.as_manager()

    class Meta:
        db_table = "sync_configs"
        verbose_name = _("настройки синхронизации")
        verbose_name_plural = _("настройки синхронизации")

    def __str__(self) -> str:
        return str(self.user)


class SyncFilter(models.Model):
    """One choice of the merchant: this store, group or product is on or off. No row: inherited."""

    class Entity(models.TextChoices):
        STORE = "store", _("магазин")
        GROUP = "group", _("группа")
        PRODUCT = "product", _("товар")

    class Mode(models.TextChoices):
        INCLUDE = "include", _("публиковать")
        EXCLUDE = "exclude", _("не публиковать")

    # Stands for a group: the goods of a store that lie in none. No group of Evotor is kept under this id.
    UNGROUPED = "ungrouped"

    user = models.ForeignKey(User, models.CASCADE, related_name="sync_filters")
    entity_type = models.CharField(_("что"), max_length=16, choices=Entity)
    entity_id = models.CharField(_("номер в Эвотор"), max_length=64)
    # The store's id; '' for stores, never NULL, so that the unique key holds.
    parent_entity_id = models.CharField(_("магазин"), max_length=64, blank=True, default="")
    mode = models.CharField(_("выбор"), max_length=16, choices=Mode)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        db_table = "sync_filters"
        constraints = [
            models.UniqueConstraint(fields=["user", "entity_type", "entity_id", "parent_entity_id"], name="one_choice")
        ]
        verbose_name = _("выбор товаров")
        verbose_name_plural = _("выбор товаров")

    def __str__(self) -> str:
        return f"{self.get_entity_type_display()} {self.entity_id}: {self.get_mode_display()}"
