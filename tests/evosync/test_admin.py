"""The staff panel: every page opens, history cannot be changed, no secret is on any page."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Success
from django_q.tasks import async_task

from accounts.models import Role
from accounts.staffing import add_account
from catalog.mirroring import searchable
from connections.models import EvotorConnection, VkConnection
from evosync import panel
from tests import factories

pytestmark = pytest.mark.django_db

OURS = ("accounts", "connections", "catalog", "vkmarket")
MODELS = [model for label in OURS for model in apps.get_app_config(label).get_models()]
CHANGEABLE = {"User", "EvotorConnection", "VkConnection", "OzonConnection", "SyncConfig", "SyncFilter"}
HISTORY = [model for model in MODELS if model.__name__ not in CHANGEABLE]


def row_of(model):
    return getattr(factories, f"{model.__name__}Factory")()


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def staff(client):
    """A browser signed in as staff of a role."""

    def signed_in(role=Role.SYSTEM):
        user, _new = add_account(f"{role}@example.org", "Chai-Kofe-77", role)
        client.force_login(user)
        return client

    return signed_in


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_has_a_list_and_a_page_for_both_roles_of_staff(model, staff):
    row = row_of(model)
    for role in (Role.SYSTEM, Role.ADMIN):
        browser = staff(role)
        assert browser.get(address(model, "changelist")).status_code == 200
        assert browser.get(address(model, "changelist") + "?q=чай").status_code == 200
        assert browser.get(address(model, "change", row.pk)).status_code == 200


def test_the_menu_leads_to_every_list():
    lists = {address(model, "changelist") for model in admin.site._registry}
    assert {str(line["link"]) for part in panel.MENU for line in part["items"]} == lists


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_longer_list_takes_no_more_queries(model, staff, django_db_blocker):
    browser, counts = staff(), []
    for rows in (2, 6):
        for _row in range(rows):
            row_of(model)
        browser.get(address(model, "changelist"))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            browser.get(address(model, "changelist"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("model", HISTORY, ids=lambda model: model.__name__)
def test_history_and_mirrors_can_only_be_read_even_by_system(model, staff):
    row, browser = row_of(model), staff()
    assert browser.get(address(model, "add")).status_code == 403
    assert browser.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert browser.post(address(model, "change", row.pk), {}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


def test_a_connection_says_whether_its_token_is_kept_and_never_what_it_is(staff):
    kept = factories.VkConnectionFactory(access_token="vk1.a.hunter2", refresh_token="hunter3")
    bare = factories.EvotorConnectionFactory(access_token="", api_token="hunter4")
    for role in (Role.SYSTEM, Role.ADMIN):
        browser = staff(role)
        for model, row, said in ((VkConnection, kept, "сохранён"), (EvotorConnection, bare, "нет")):
            for page in (address(model, "changelist"), address(model, "change", row.pk)):
                text = browser.get(page).content.decode()
                assert said in text and "hunter" not in text


def test_a_connection_is_changed_without_touching_its_token(staff):
    row = factories.EvotorConnectionFactory(access_token="hunter2", api_token="hunter3", store_name="Старое")
    page = address(EvotorConnection, "change", row.pk)
    form = {"evotor_user_id": row.evotor_user_id, "store_id": "", "store_name": "Новое", "access_token": "stolen"}
    assert staff(Role.ADMIN).post(page, form).status_code == 302
    row = EvotorConnection.objects.get()
    assert (row.store_name, row.access_token, row.api_token) == ("Новое", "hunter2", "hunter3")
    assert EvotorConnection.objects.by_api_token("hunter3").get() == row


def test_a_lost_key_does_not_shut_the_panel(staff, settings):
    row = factories.VkConnectionFactory()
    settings.FIELD_ENCRYPTION_KEYS = ["bmV3LWtleS1vZi1ldm9zeW5jLTMyLWJ5dGVzLWxuZyE="]
    browser = staff()
    assert browser.get(address(VkConnection, "changelist")).status_code == 200
    assert browser.get(address(VkConnection, "change", row.pk)).status_code == 200


def test_products_are_found_in_any_case(staff):
    factories.CachedProductFactory(name="Мёд «Липовый»", search_text=searchable("Мёд «Липовый»"))
    factories.CachedProductFactory(name="Чай «Ассам»", search_text=searchable("Чай «Ассам»"))
    page = staff().get(address(apps.get_model("catalog", "CachedProduct"), "changelist") + "?q=МЁД")
    assert "Мёд «Липовый»" in page.content.decode() and "Ассам" not in page.content.decode()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_list_reads_its_whole_table_for_what_its_filters_offer(model, staff):
    row_of(model)
    browser = staff()
    with CaptureQueriesContext(connection) as asked:
        browser.get(address(model, "changelist"))
    assert not [query["sql"] for query in asked if "DISTINCT" in query["sql"]]


def test_goods_of_vk_and_of_the_till_are_picked_by_their_codes(staff):
    factories.VkCachedProductFactory(title="Чай в наличии", availability=0)
    factories.VkCachedProductFactory(title="Чай удалённый", availability=1)
    page = staff().get(address(apps.get_model("vkmarket", "VkCachedProduct"), "changelist") + "?availability=1")
    assert "Чай удалённый" in page.content.decode() and "Чай в наличии" not in page.content.decode()

    factories.CachedProductFactory(name="Пиво", type="BEER_MARKED")
    factories.CachedProductFactory(name="Кефир", type="NORMAL")
    page = staff().get(address(apps.get_model("catalog", "CachedProduct"), "changelist") + "?type__icontains=BEER")
    assert "Пиво" in page.content.decode() and "Кефир" not in page.content.decode()


def test_rights_on_one_row_are_given_on_its_own_page_by_system_alone(staff):
    row = factories.EvotorConnectionFactory()
    page = reverse("admin:connections_evotorconnection_permissions", args=[row.pk])
    assert "Роль или группа" in staff(Role.SYSTEM).get(page).content.decode()
    found = staff(Role.SYSTEM).post(page, {"user": row.user.email.upper(), "submit_manage_user": "1"})
    assert found.url.endswith(f"/user-manage/{row.user.pk}/")
    manage = reverse("admin:connections_evotorconnection_permissions_manage_user", args=[row.pk, row.user.pk])
    browser = staff(Role.ADMIN)
    assert browser.post(manage, {"permissions": ["view_evotorconnection"]}).status_code == 302
    assert not row.user.has_perm("connections.view_evotorconnection", row)

    browser = staff(Role.SYSTEM)
    assert browser.post(manage, {"permissions": ["view_evotorconnection"]}).status_code == 302
    row.user = type(row.user).objects.get(pk=row.user.pk)
    assert row.user.has_perm("connections.view_evotorconnection", row)


def test_the_queue_is_reachable(staff):
    browser = staff()
    async_task("math.copysign", 2, -2)
    for model in (Schedule, Success, Failure, OrmQ):
        assert browser.get(address(model, "changelist")).status_code == 200
    assert browser.get(address(OrmQ, "change", OrmQ.objects.get().pk)).status_code == 200


def test_a_failed_job_shows_its_traceback_without_secrets(staff):
    now = timezone.now()
    failure = Failure.objects.create(
        id="f" * 32,
        name="job",
        func="math.pi",
        started=now,
        stopped=now,
        success=False,
        result="Traceback\n  File x\nValueError: access_token=hunter2 refused",
    )
    browser = staff()
    for page in (address(Failure, "changelist"), address(Failure, "change", failure.pk)):
        text = browser.get(page).content.decode()
        assert "ValueError" in text and "hunter2" not in text

    again = {"action": "run_again", "_selected_action": failure.pk}
    staff(Role.ADMIN).post(address(Failure, "changelist"), again)
    assert not OrmQ.objects.exists() and Failure.objects.exists()
    staff(Role.SYSTEM).post(address(Failure, "changelist"), again)
    assert OrmQ.objects.get().func() == "math.pi" and not Failure.objects.exists()


def test_the_menu_leads_to_pages_that_open(staff, rf):
    browser = staff()
    request = rf.get("/admin/")
    request.user = add_account("system@example.org", None, Role.SYSTEM)[0]
    links = [str(item["link"]) for group in admin.site.get_sidebar_list(request) for item in group["items"]]
    assert len(links) > 20
    for link in links:
        assert browser.get(link).status_code == 200, link


def test_short_addresses_lead_to_the_panel(staff):
    browser = staff()
    user = factories.UserFactory()
    assert browser.get("/admin/users").url == "/admin/accounts/user/"
    assert browser.get(f"/admin/users/{user.pk}").url == f"/admin/accounts/user/{user.pk}/change/"
    assert browser.get("/admin/roles").url == "/admin/auth/group/"
