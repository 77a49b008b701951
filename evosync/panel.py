"""How the staff panel looks: its name, its colour and its menu (`UNFOLD` of the settings)."""

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


def entry(title: str | Promise, icon: str, model: str) -> dict:
    """A line of the menu, for those who may see the model (`app.model`)."""
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": lambda request: request.user.has_perm(f"{app}.view_{name}"),
    }


MENU = [
    {
        "title": _("Люди"),
        "items": [
            entry(_("Пользователи"), "group", "accounts.user"),
            entry(_("Роли"), "badge", "auth.group"),
            entry(_("Адреса почты"), "mail", "account.emailaddress"),
        ],
    },
    {
        "title": _("Подключения"),
        "items": [
            entry(_("Эвотор"), "point_of_sale", "connections.evotorconnection"),
            entry(_("ВКонтакте"), "storefront", "connections.vkconnection"),
            entry(_("Ozon"), "local_shipping", "connections.ozonconnection"),
            entry(_("Сообщества"), "groups", "connections.community"),
        ],
    },
    {
        "title": _("Каталог Эвотор"),
        "items": [
            entry(_("Магазины"), "store", "catalog.cachedstore"),
            entry(_("Группы"), "folder", "catalog.cachedgroup"),
            entry(_("Товары"), "inventory_2", "catalog.cachedproduct"),
            entry(_("Чтения каталога"), "history", "catalog.refreshrun"),
        ],
    },
    {
        "title": _("Синхронизация"),
        "items": [
            entry(_("Настройки"), "tune", "catalog.syncconfig"),
            entry(_("Выбор товаров"), "checklist", "catalog.syncfilter"),
            entry(_("Публикации"), "sell", "vkmarket.listing"),
            entry(_("Публикации групп"), "collections_bookmark", "vkmarket.albumlisting"),
            entry(_("Сопоставления"), "compare_arrows", "vkmarket.match"),
            entry(_("Запуски"), "sync", "vkmarket.syncrun"),
            entry(_("Уборки из ВК"), "visibility_off", "vkmarket.removal"),
            entry(_("Вызовы ВК"), "call_made", "vkmarket.attempt"),
        ],
    },
    {
        "title": _("Витрина ВК"),
        "items": [
            entry(_("Товары ВК"), "shopping_bag", "vkmarket.vkcachedproduct"),
            entry(_("Подборки ВК"), "photo_library", "vkmarket.vkcachedalbum"),
            entry(_("Места в подборках"), "bookmark", "vkmarket.vkalbumplace"),
            entry(_("Категории ВК"), "category", "vkmarket.vkcategory"),
        ],
    },
    {
        "title": _("Служебное"),
        "collapsible": True,
        "items": [
            entry(_("Источники публикаций"), "link", "vkmarket.listingsource"),
            entry(_("Аренды сообществ"), "lock_clock", "vkmarket.lease"),
            entry(_("Темпы запросов"), "speed", "connections.pace"),
            entry(_("Расписание"), "schedule", "django_q.schedule"),
            entry(_("В очереди"), "pending", "django_q.ormq"),
            entry(_("Неудачные задачи"), "error", "django_q.failure"),
            entry(_("Успешные задачи"), "task_alt", "django_q.success"),
        ],
    },
]

# Tailwind's blue, so that the panel and the site are one thing.
BLUE = {
    "50": "#eff6ff",
    "100": "#dbeafe",
    "200": "#bfdbfe",
    "300": "#93c5fd",
    "400": "#60a5fa",
    "500": "#3b82f6",
    "600": "#1f6feb",
    "700": "#1d4ed8",
    "800": "#1e40af",
    "900": "#1e3a8a",
    "950": "#172554",
}

UNFOLD = {
    "SITE_TITLE": "EvoSync",
    "SITE_HEADER": "EvoSync",
    "SITE_ICON": lambda request: static("evosync/favicon.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda r: static("evosync/favicon.svg")}],
    "SHOW_HISTORY": True,
    "COLORS": {"primary": BLUE},
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": MENU},
}
