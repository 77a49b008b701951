from django.contrib import admin
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from catalog.mirroring import searchable
from evosync.base.admin import ReadOnlyAdmin, labelled, picked_by

from .models import (
    AlbumListing,
    Attempt,
    Lease,
    Listing,
    ListingSource,
    Match,
    Removal,
    SyncRun,
    VkAlbumPlace,
    VkCachedAlbum,
    VkCachedProduct,
    VkCategory,
)

COMMUNITY = labelled("community", _("сообщество"))
OF_COMMUNITY = ("community", picked_by(_("сообществу")))
ABSENT = labelled("absent_since", _("нет в ВК с"))
ERROR_TEXT = labelled("error_text", _("подробности"))


class VkAdmin(ReadOnlyAdmin):
    """History and mirrors of communities: tables that grow, newest first by their key."""

    list_filter = [OF_COMMUNITY]
    list_prefetch_related = ["community"]
    ordering = ["-pk"]


@admin.register(VkCategory)
class VkCategoryAdmin(ReadOnlyAdmin):
    list_display = [
        labelled("category_id", _("номер")),
        labelled("path", _("категория")),
        labelled("is_leaf", _("принимает товары")),
        labelled("fetched_at", _("прочитана")),
    ]
    fields = list_display
    search_fields = ["path", "=category_id"]
    ordering = ["path"]


@admin.register(VkCachedAlbum)
class VkCachedAlbumAdmin(VkAdmin):
    list_display = ["title", COMMUNITY, labelled("album_id", _("номер в ВК")), "count", ABSENT]
    fields = [*list_display, labelled("is_main", _("главная")), labelled("is_hidden", _("скрыта"))]
    search_fields = ["title", "=album_id"]


@admin.register(VkAlbumPlace)
class VkAlbumPlaceAdmin(VkAdmin):
    list_display = [labelled("item_id", _("товар ВК")), COMMUNITY, labelled("album_id", _("подборка ВК"))]
    fields = list_display
    search_fields = ["=item_id", "=album_id"]


class AvailabilityFilter(admin.SimpleListFilter):
    """The few codes that VK has, and not a look through the whole table for those that are in it."""

    title = _("доступность")
    parameter_name = "availability"

    def lookups(self, request, model_admin):
        return [("0", _("доступен")), ("1", _("удалён")), ("2", _("недоступен"))]

    def queryset(self, request, queryset):
        known = self.value() in dict(self.lookup_choices)
        return queryset.filter(availability=self.value()) if known else queryset


@admin.register(VkCachedProduct)
class VkCachedProductAdmin(VkAdmin):
    list_display = ["title", COMMUNITY, labelled("item_id", _("номер в ВК")), "sku", "price", "stock", ABSENT]
    list_filter = [OF_COMMUNITY, AvailabilityFilter]
    fields = [
        *list_display,
        "description",
        labelled("availability", _("доступность")),
        labelled("category_id", _("категория")),
        labelled("albums", _("подборки")),
        labelled("photos", _("картинки")),
        labelled("reject_info", _("отказ модерации")),
    ]
    search_fields = ["=sku", "=item_id", "title"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("thumb_url")


@admin.register(Listing)
class ListingAdmin(VkAdmin):
    list_display = ["sku", "product", COMMUNITY, "vk_item_id", "hold", "lane", "blocked", "confirmed_at"]
    list_filter = [OF_COMMUNITY, "hold", "lane", "blocked", ("confirmed_at", admin.EmptyFieldListFilter)]
    list_prefetch_related = ["community", "source__product"]
    search_fields = ["=sku", "=vk_item_id", "source__product__search_text"]
    fields = [
        "sku",
        "product",
        COMMUNITY,
        "vk_item_id",
        "hold",
        ("lane", "due_at"),
        "blocked",
        ("error_code", "error_text"),
        labelled("wanted", _("желаемое")),
        labelled("sent", _("принято ВК")),
        labelled("seen", _("видно в ВК")),
        "drift",
        labelled("photo_id", _("картинка")),
        ("written_at", "confirmed_at"),
    ]

    @display(description=_("товар"), ordering="source__product__name")
    def product(self, listing):
        if listing.product is None:
            return "—"
        # Else the browser makes the column one word wide.
        return format_html('<span class="whitespace-nowrap">{}</span>', Truncator(listing.product).chars(60))

    def get_search_results(self, request, queryset, search_term):
        return super().get_search_results(request, queryset, searchable(search_term))


@admin.register(ListingSource)
class ListingSourceAdmin(ReadOnlyAdmin):
    list_display = [labelled("listing", _("публикация")), labelled("product", _("товар"))]
    fields = list_display
    list_prefetch_related = ["listing", "product"]
    search_fields = ["=listing__sku", "=product__evotor_id"]
    ordering = ["-pk"]


@admin.register(Match)
class MatchAdmin(VkAdmin):
    list_display = ["item_id", COMMUNITY, "product", "why", "answer", labelled("answered_at", _("решено"))]
    list_filter = [OF_COMMUNITY, "answer"]
    list_prefetch_related = ["community", "product"]
    fields = list_display
    search_fields = ["=item_id"]


@admin.register(AlbumListing)
class AlbumListingAdmin(VkAdmin):
    list_display = ["title", COMMUNITY, labelled("group", _("группа Эвотор")), "album_id", "adopted", "error_code"]
    list_filter = [OF_COMMUNITY, "adopted"]
    list_prefetch_related = ["community", "group"]
    fields = [
        *list_display,
        labelled("sent_title", _("название в ВК")),
        "due_at",
        labelled("blocked", _("почему не отправляется")),
        "error_text",
    ]
    search_fields = ["title", "=album_id"]


@admin.register(SyncRun)
class SyncRunAdmin(VkAdmin):
    list_display = ["__str__", "status", "started_at", "finished_at", "counts", "verdict", "error"]
    list_filter = [OF_COMMUNITY, "status"]
    list_prefetch_related = ["community"]
    fields = [
        COMMUNITY,
        "status",
        ("started_at", "finished_at"),
        "planned",
        "counts",
        "verdict",
        "lines",
        "error",
        ERROR_TEXT,
        ("approved_at", labelled("approved_by", _("подтвердил"))),
    ]


@admin.register(Removal)
class RemovalAdmin(VkAdmin):
    list_display = ["__str__", "purpose", "for_good", "goods", "end", "error", "finished_at"]
    list_filter = [OF_COMMUNITY, "purpose", "end"]
    list_prefetch_related = ["community"]
    fields = [COMMUNITY, "user", *list_display[1:5], "error", ("asked_at", "finished_at")]


@admin.register(Attempt)
class AttemptAdmin(VkAdmin):
    list_display = ["sent_at", "kind", "target", "state", "error_code", "error_text", "finished_at"]
    list_filter = ["kind", "state"]
    list_prefetch_related = ["listing", "album"]
    search_fields = ["=listing__sku", "=listing__vk_item_id"]
    fields = [
        ("kind", "state"),
        "target",
        labelled("run", _("запуск")),
        ("sent_at", "finished_at"),
        ("error_code", "error_text"),
        "before",
        "after",
        "alarm",
        labelled("fence", _("номер аренды")),
    ]

    @display(description=_("публикация"))
    def target(self, attempt):
        return attempt.listing or attempt.album


@admin.register(Lease)
class LeaseAdmin(VkAdmin):
    list_display = [
        COMMUNITY,
        labelled("holder", _("кто держит")),
        labelled("fence", _("номер")),
        labelled("expires_at", _("до")),
        labelled("again", _("проверить ещё раз")),
    ]
    fields = list_display
