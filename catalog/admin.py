from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import FieldTextFilter
from unfold.decorators import display

from evosync.base.admin import ReadOnlyAdmin, SharedAdmin, StaffAdmin, labelled, picked_by

from .mirroring import searchable
from .models import CachedGroup, CachedProduct, CachedStore, RefreshRun, SyncConfig, SyncFilter

USER = labelled("user", _("пользователь"))
STORE = labelled("store", _("магазин"))
ATTRIBUTES = labelled("attributes", _("модификации"))
CHOICES = labelled("attributes_choices", _("модификация"))
PROVEN = labelled("absent_proven", _("исчезновение доказано"))
ERROR_TEXT = labelled("error_text", _("ответ Эвотор"))


@admin.register(CachedStore)
class CachedStoreAdmin(ReadOnlyAdmin):
    list_display = ["name", "owner", "address", "complete_at", "error", "absent_since"]
    list_filter = ["error", ("absent_since", admin.EmptyFieldListFilter)]
    list_select_related = ["connection__user"]
    search_fields = ["name", "=evotor_id", "connection__user__email"]
    ordering = ["connection", "name"]
    fields = [
        "name",
        "owner",
        "evotor_id",
        "address",
        "complete_at",
        "unreadable_since",
        "error",
        "absent_since",
    ]

    @display(description=_("владелец"), ordering="connection__user__email")
    def owner(self, store):
        return store.connection.user


class OfStoreAdmin(ReadOnlyAdmin):
    """Rows of a store's mirror: many, so they are looked up by store, and ordered by key."""

    list_filter = [("store", picked_by(_("магазину")))]
    list_prefetch_related = ["store"]
    ordering = ["-pk"]


@admin.register(CachedGroup)
class CachedGroupAdmin(OfStoreAdmin):
    list_display = ["name", STORE, "vk_category_id", "absent_since"]
    search_fields = ["name", "=evotor_id"]
    fields = ["name", STORE, "evotor_id", "parent_id", "vk_category_id", ATTRIBUTES, "absent_since"]


@admin.register(CachedProduct)
class CachedProductAdmin(OfStoreAdmin):
    list_display = ["name", STORE, "type", "price", "quantity", "measure_name", "allow_to_sell", "absent_since"]
    list_filter = [
        *OfStoreAdmin.list_filter,
        # Typed in: to offer those that there are would be to look through the whole table.
        ("type", FieldTextFilter),
        "allow_to_sell",
        ("absent_since", admin.EmptyFieldListFilter),
    ]
    # Long and for the search alone.
    search_fields = ["search_text", "=evotor_id"]
    fields = [
        ("name", "type"),
        STORE,
        "evotor_id",
        "parent_id",
        ("price", "cost_price"),
        ("quantity", "measure_name"),
        "allow_to_sell",
        "description",
        ("article_number", "code"),
        "barcodes",
        CHOICES,
        ("has_alcohol_fields", "is_excisable", "is_age_limited"),
        ("image_url", "image_checked_at"),
        "updated_at",
        ("absent_since", PROVEN),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("search_text")

    def get_search_results(self, request, queryset, search_term):
        # The column is folded, as SQLite knows no case of Cyrillic; ids of Evotor are compared without case.
        return super().get_search_results(request, queryset, searchable(search_term))


@admin.register(RefreshRun)
class RefreshRunAdmin(OfStoreAdmin):
    list_display = [STORE, "started_at", "finished_at", "complete", "error", "products", "written", "vanished"]
    list_filter = [*OfStoreAdmin.list_filter, "complete", "error"]
    fields = [
        STORE,
        ("started_at", "finished_at"),
        "complete",
        "error",
        ERROR_TEXT,
        ("groups", "products", "written", "vanished"),
    ]


@admin.register(SyncConfig)
class SyncConfigAdmin(SharedAdmin):
    list_display = [USER, "enabled", "markup_percent", "rounding", "show_stock", "delete_absent"]
    list_filter = ["enabled"]
    list_select_related = ["user"]
    search_fields = ["user__email"]
    autocomplete_fields = ["user"]
    ordering = ["user__email"]

    def get_readonly_fields(self, request, obj=None):
        return [USER] if obj else []

    def get_fields(self, request, obj=None):
        names = [name for name in super().get_fields(request, obj) if name not in ("user", USER)]
        return [USER if obj else "user", *names]


@admin.register(SyncFilter)
class SyncFilterAdmin(StaffAdmin):
    list_display = [USER, "entity_type", "entity_id", "parent_entity_id", "mode"]
    list_filter = ["entity_type", "mode", ("user", picked_by(_("пользователю")))]
    list_prefetch_related = ["user"]
    search_fields = ["=entity_id", "=parent_entity_id", "user__email"]
    autocomplete_fields = ["user"]
    ordering = ["-pk"]

    def get_readonly_fields(self, request, obj=None):
        # Another entity is another choice: only what was chosen may change.
        return [USER, "entity_type", "entity_id", "parent_entity_id"] if obj else []

    def get_fields(self, request, obj=None):
        return [USER if obj else "user", "entity_type", "entity_id", "parent_entity_id", "mode"]
