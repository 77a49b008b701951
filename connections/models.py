from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.visibility import OwnedQuerySet
from evosync.base.fields import EncryptedTextField, keyed_hash, keyed_hashes


class ConnectionFault(models.TextChoices):
    """Why a connection does not work: the code in the row, the words for its owner."""

    NONE = "", _("Ошибок нет")
    TOKEN = "token", _("Токен не принят. Подключите сервис заново.")
    COMMUNITY_TOKEN = (
        "community_token",
        _("Это токен сообщества. Нужен токен человека: его администратора или редактора."),
    )
    FORBIDDEN = (
        "forbidden",
        _("У приложения или у человека нет прав. Проверьте права и подключите сервис заново."),
    )
    NO_PRODUCTS = (
        "no_products",
        _(
            "У приложения нет права читать товары (product:read). Отметьте его у приложения на dev.evotor.ru, "
            "установите приложение на кассу заново и вставьте новый токен."
        ),
    )
    NO_GROUPS = (
        "no_groups",
        _(
            "У приложения нет права читать группы товаров (product-group:read). Отметьте его у приложения на "
            "dev.evotor.ru, установите приложение на кассу заново и вставьте новый токен."
        ),
    )
    NO_CATALOG = (
        "no_catalog",
        _(
            "У приложения нет прав читать товары и группы товаров (product:read, product-group:read). Отметьте их у "
            "приложения на dev.evotor.ru, установите приложение на кассу заново и вставьте новый токен."
        ),
    )
    NO_COMMUNITY = "no_community", _("Сообщество не найдено. Проверьте его номер.")
    NOT_EDITOR = "not_editor", _("Вы не администратор и не редактор этого сообщества.")
    MARKET_OFF = (
        "market_off",
        _("В сообществе выключен раздел «Товары». Включите его: Управление → Разделы → Товары."),
    )
    COMMUNITY_CLOSED = (
        "community_closed",
        _("Сообщество удалено или заблокировано ВКонтакте. Восстановите его там или подключите другое."),
    )
    COMMUNITY_TAKEN = "community_taken", _("Это сообщество уже подключено другим пользователем.")
    HUMAN_CHECK = (
        "human_check",
        _("ВКонтакте просит подтвердить, что вы не робот. Войдите во ВКонтакте и повторите."),
    )
    UNAVAILABLE = "unavailable", _("Сервис не отвечает. Мы повторим попытку сами.")
    BAD_ANSWER = "bad_answer", _("Сервис ответил непонятно. Мы повторим попытку сами.")
    REFUSED = "refused", _("Сервис отклонил запрос.")
    NOT_CONNECTED = "not_connected", _("Сервис не подключён.")


# The same of a token that was just typed: nothing is connected yet, or it works on.
OF_TYPED = {
    ConnectionFault.TOKEN: _("Токен не принят. Проверьте, что он скопирован целиком, или возьмите новый."),
    ConnectionFault.FORBIDDEN: _("У приложения или у человека нет прав. Проверьте права и возьмите новый токен."),
}
# What may pass by itself: the light is amber. Everything else waits for the merchant.
PASSING = {ConnectionFault.UNAVAILABLE, ConnectionFault.BAD_ANSWER}
# A till that tells its stores, and not what they sell.
LACKING = {ConnectionFault.NO_PRODUCTS, ConnectionFault.NO_GROUPS, ConnectionFault.NO_CATALOG}


class Connection(models.Model):
    """What every connection to an outside service has."""

    # A column of each service's own: its `related_name` is the service.
    user: models.OneToOneField
    # Beside the row where a page reads it: has it a token?
    connected: bool
    # And is it somebody else's as well?
    shared = False

    is_online = models.BooleanField(_("на связи"), default=False)
    last_checked_at = models.DateTimeField(_("последняя проверка"), null=True, blank=True)
    last_error = models.CharField(_("ошибка"), max_length=32, choices=ConnectionFault, blank=True, default="")
    # The service's own words, for staff; merchants read the label above.
    last_error_text = models.CharField(_("ответ сервиса"), max_length=500, blank=True)
    # NULL: now.
    next_check_at = models.DateTimeField(_("следующая проверка"), null=True, editable=False, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name}: {self.user}"

    @property
    def light(self) -> str:
        """online (green), failing (amber), offline (red), unknown (grey)."""
        if self.last_checked_at is None:
            return "unknown"
        if self.is_online:
            return "online"
        return "failing" if self.last_error in PASSING else "offline"

    def record_check(self, at: datetime, error: str = "", text: str = "") -> None:
        """Keep the outcome of one check or run: the light, the time and the reason."""
        self.is_online = not error
        self.last_checked_at = at
        self.last_error, self.last_error_text = error, text[:500]
        self.save(update_fields=["is_online", "last_checked_at", "last_error", "last_error_text", "updated_at"])


class EvotorQuerySet(OwnedQuerySet):
    def by_api_token(self, token: str):
        return self.filter(api_token_hash__in=keyed_hashes(token))

    def with_shared(self):
        """Each with `shared` beside it: is the same Evotor account connected by somebody else too?"""
        others = EvotorConnection.objects.filter(evotor_user_id=models.OuterRef("evotor_user_id"))
        others = others.exclude(pk=models.OuterRef("pk")).exclude(access_token="")
        return self.annotate(shared=~models.Q(evotor_user_id="") & models.Exists(others))


class EvotorConnection(Connection):
    """A merchant's Evotor account."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="evotor")
    evotor_user_id = models.CharField(_("пользователь Эвотор"), max_length=64, blank=True, db_index=True)
    access_token = EncryptedTextField(_("токен Эвотор"), blank=True)
    # Handed to Evotor, which sends it with every webhook: looked up by its hash.
    api_token = EncryptedTextField(_("наш токен"), blank=True)
    api_token_hash = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001 (no two NULLs are equal)
    store_id = models.CharField(_("магазин"), max_length=64, blank=True)
    store_name = models.CharField(_("название магазина"), max_length=200, blank=True)

    objects = EvotorQuerySet.as_manager()  # type: ignore[misc]  # the plugin cannot see one replace an abstract model's

    class Meta:
        db_table = "evotor_connections"
        verbose_name = _("подключение Эвотор")
        verbose_name_plural = _("подключения Эвотор")

    def save(self, *args, **kwargs):
        self.api_token_hash = keyed_hash(self.api_token) if self.api_token else None
        super().save(*args, **kwargs)


class CommunityQuerySet(OwnedQuerySet):
    owner = "connection__user"

    def linked_by(self, user) -> "Community | None":
        """The community that the user's goods are published to. None: VK is not connected."""
        return self.of(user).exclude(connection__access_token="").first()


class Community(models.Model):
    """A VK community whose goods EvoSync keeps. It outlives the connection, and so do its listings."""

    group_id = models.BigIntegerField(_("номер сообщества"), unique=True)
    name = models.CharField(_("название"), max_length=200, blank=True)
    screen_name = models.CharField(max_length=100, blank=True)
    # When the last whole reading of its goods began.
    market_read_at = models.DateTimeField(_("товары прочитаны"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CommunityQuerySet.as_manager()

    class Meta:
        db_table = "communities"
        verbose_name = _("сообщество ВК")
        verbose_name_plural = _("сообщества ВК")

    def __str__(self) -> str:
        return self.name or f"club{self.group_id}"

    @property
    def owner_id(self) -> int:
        """How market methods name the community: its id, negative."""
        return -self.group_id

    def linked(self) -> "VkConnection | None":
        """The connection that goods are sent by now. None: nobody is connected."""
        return VkConnection.objects.filter(community=self).exclude(access_token="").first()


class VkConnection(Connection):
    """A merchant's VK account and the community it publishes to."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="vk")
    access_token = EncryptedTextField(_("токен ВК"), blank=True)
    refresh_token = EncryptedTextField(_("токен обновления"), blank=True)
    device_id = models.CharField(max_length=255, blank=True)
    expires_at = models.DateTimeField(_("токен действует до"), null=True, blank=True)
    vk_user_id = models.BigIntegerField(_("пользователь ВК"), null=True, blank=True)
    first_name = models.CharField(_("имя"), max_length=100, blank=True)
    last_name = models.CharField(_("фамилия"), max_length=100, blank=True)
    # What the merchant typed; the community itself is bound once VK has confirmed it.
    group_id = models.BigIntegerField(_("номер сообщества"), null=True, blank=True)
    # One community, one live owner. Emptied by disconnecting; the community's rows stay.
    community = models.OneToOneField(Community, models.SET_NULL, null=True, blank=True, related_name="connection")

    class Meta:
        db_table = "vk_connections"
        verbose_name = _("подключение ВК")
        verbose_name_plural = _("подключения ВК")


class OzonConnection(Connection):
    """A merchant's Ozon shop: orders come in, nothing goes out."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="ozon")
    client_id = models.CharField(_("Client-Id"), max_length=64, blank=True)
    api_key = EncryptedTextField(_("Api-Key"), blank=True)
    api_key_expires_at = models.DateTimeField(_("ключ действует до"), null=True, blank=True)
    webhook_secret = EncryptedTextField(_("секрет адреса"), blank=True)
    webhook_secret_hash = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001 (no two NULLs are equal)

    class Meta:
        db_table = "ozon_connections"
        verbose_name = _("подключение Ozon")
        verbose_name_plural = _("подключения Ozon")

    def save(self, *args, **kwargs):
        self.webhook_secret_hash = keyed_hash(self.webhook_secret) if self.webhook_secret else None
        super().save(*args, **kwargs)


class Pace(models.Model):
    """Which moments of an outside account's allowance are taken. Written by `connections.pacing` alone.

    Time is cut into slots of 1/2.8 s; a caller owns the slot that it wrote here first.
    """

    key = models.CharField(max_length=64, unique=True)
    slot = models.BigIntegerField(default=0)
    # A slot that background work left free for somebody who looks at a page.
    kept_slot = models.BigIntegerField(default=0)
    # After "too many requests": slots below are void, whoever holds them takes another.
    held_slot = models.BigIntegerField(default=0)
    interactive_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "paces"
        verbose_name = _("темп запросов")
        verbose_name_plural = _("темпы запросов")

    def __str__(self) -> str:
        return self.key
