from django.contrib import admin
from django.db.models import BooleanField, Case, Value, When
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from evosync.base.admin import ReadOnlyAdmin, SharedAdmin, labelled
from evosync.base.fields import EncryptedTextField

from .models import Community, EvotorConnection, OzonConnection, Pace, VkConnection

USER = labelled("user", _("пользователь"))
COMMUNITY = labelled("community", _("сообщество"))
STATE = ["is_online", "last_checked_at", "last_error", "last_error_text"]
CREATED = labelled("created_at", _("создано"))
SCREEN_NAME = labelled("screen_name", _("короткий адрес"))


class ConnectionAdmin(SharedAdmin):
    """A merchant's service. Its secrets are not even read from the database: only whether they are there."""

    # The secret that the service needs to work.
    secret = ""
    list_display = [USER, "is_online", "last_checked_at", "last_error", "has_secret"]
    list_filter = ["is_online", "last_error"]
    list_select_related = ["user"]
    ordering = ["user__email"]
    own_fields: list = []
    readonly_fields = [USER, *STATE, "has_secret", CREATED]

    def get_fieldsets(self, request, obj=None):
        return [
            (None, {"fields": [USER, *self.own_fields, "has_secret"]}),
            (_("Состояние"), {"fields": [*STATE, CREATED]}),
        ]

    @display(description=_("токен"), label={_("сохранён"): "success", _("нет"): "warning"})
    def has_secret(self, connection):
        return _("сохранён") if connection.secret_saved else _("нет")

    def get_queryset(self, request):
        secrets = [field.name for field in self.opts.fields if isinstance(field, EncryptedTextField)]
        saved = Case(When(**{self.secret: ""}, then=Value(False)), default=Value(True), output_field=BooleanField())
        return super().get_queryset(request).defer(*secrets).annotate(secret_saved=saved)

    def save_model(self, request, connection, form, change):
        # A check that ran meanwhile has its own columns.
        connection.save(update_fields=[*form.changed_data, "updated_at"])

    def has_add_permission(self, request):
        # Connecting tests the token with the service: it has its own command and pages.
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(EvotorConnection)
class EvotorConnectionAdmin(ConnectionAdmin):
    secret = "access_token"
    own_fields = ["evotor_user_id", "store_id", "store_name"]
    list_display = [*ConnectionAdmin.list_display, "store_name"]
    search_fields = ["user__email", "evotor_user_id", "store_name"]


@admin.register(VkConnection)
class VkConnectionAdmin(ConnectionAdmin):
    secret = "access_token"
    own_fields = ["group_id", COMMUNITY, "vk_user_id", "first_name", "last_name", "expires_at"]
    list_display = [*ConnectionAdmin.list_display, COMMUNITY]
    list_select_related = ["user", "community"]
    search_fields = ["user__email", "=group_id", "community__name", "last_name"]
    # Bound by linking, which makes sure that a community has one owner.
    readonly_fields = [*ConnectionAdmin.readonly_fields, COMMUNITY, "vk_user_id", "expires_at"]


@admin.register(OzonConnection)
class OzonConnectionAdmin(ConnectionAdmin):
    secret = "api_key"
    own_fields = ["client_id", "api_key_expires_at"]
    list_display = [*ConnectionAdmin.list_display, "api_key_expires_at"]
    search_fields = ["user__email", "client_id"]


@admin.register(Community)
class CommunityAdmin(ReadOnlyAdmin):
    list_display = ["name", "group_id", SCREEN_NAME, "owner"]
    fields = list_display
    list_select_related = ["connection__user"]
    search_fields = ["name", "screen_name", "=group_id"]

    @display(description=_("подключил"))
    def owner(self, community):
        connection = getattr(community, "connection", None)
        return connection.user if connection else "—"


@admin.register(Pace)
class PaceAdmin(ReadOnlyAdmin):
    list_display = [labelled("key", _("аккаунт")), labelled("slot", _("последний занятый миг"))]
    fields = list_display
    search_fields = ["key"]
