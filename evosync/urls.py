from collections.abc import Callable

from allauth.account.views import logout
from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from . import views


def leads_to(name: str) -> Callable:
    return RedirectView.as_view(pattern_name=name)


urlpatterns = [
    path("", views.start, name="start"),
    path("favicon.ico", RedirectView.as_view(url=static("evosync/favicon.ico"))),
    path("profile", views.profile, name="profile"),
    path("till", views.sandbox_page, name="till"),
    path("window", views.sandbox_page, name="window"),
    path("", include("connections.urls")),
    path("language", set_language, name="set_language"),
    path("", include("accounts.urls")),
    path("catalog", leads_to("catalog:stores"), name="catalog"),
    path("", include("vkmarket.catalog_pages.urls")),
    path("", include("vkmarket.sync_pages.urls")),
    path("", include("vkmarket.decision_pages.urls")),
    path("admin/users", leads_to("admin:accounts_user_changelist")),
    path("admin/users/<int:object_id>", leads_to("admin:accounts_user_change")),
    path("admin/roles", leads_to("admin:auth_group_changelist")),
    # One way out, and no page of the admin's own after it.
    path("admin/logout/", logout),
    path("admin/", admin.site.urls),
]
