"""The merchant's stores: on or off, what of them is in VK, and what ails them."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from catalog.choices import STORE
from catalog.models import CachedProduct, CachedStore, SyncConfig, SyncFilter
from connections.models import Community, EvotorConnection
from vkmarket import tasks
from vkmarket.models import ListingSource, SyncRun

from .access import community_of

FEW_SECONDS, KEPT_SECONDS = 5, 60


@dataclass(frozen=True, slots=True)
class StoreCard:
    store: CachedStore
    on: bool
    # On the till; those that the rules let through; those that they hold; those that a buyer sees.
    products: int
    published: int
    held: int
    shown: int


@login_required
def stores(request) -> HttpResponse:
    till = EvotorConnection.objects.of(request.user).defer("access_token", "api_token").first()
    config = SyncConfig.objects.filter(user=request.user).first()
    context = {
        "till": till,
        "cards": cards_of(request.user, CachedStore.objects.of(request.user).order_by("name", "pk")),
        "config": config,
    }
    return render(request, "catalog/stores.html", context)


def cards_of(user: User, rows) -> list[StoreCard]:
    rows = list(rows)
    present = CachedProduct.objects.present().filter(store__in=rows).order_by().values_list("store")
    products = dict(present.annotate(Count("pk")))
    community = community_of(user)
    in_vk = _in_vk(community) if community else {}
    on = SyncFilter.objects.of(user).filter(entity_type=STORE, mode=SyncFilter.Mode.INCLUDE)
    ids = set(on.values_list("entity_id", flat=True))
    return [
        StoreCard(row, row.evotor_id in ids, products.get(row.pk, 0), *in_vk.get(row.pk, (0, 0, 0))) for row in rows
    ]


def _in_vk(community: Community) -> dict[int, tuple[int, int, int]]:
    """Of each store: let through, held, shown.

    Only rounds change that, and counting a hundred thousand goods takes most of a second: it is kept until there is
    another round, and while one is at work for some seconds.
    """
    run = SyncRun.objects.filter(community=community).order_by("-pk").first()
    at_work = run is not None and run.status == SyncRun.Status.RUNNING
    ended = run.finished_at.isoformat() if run and run.finished_at else ""
    key = f"stores-in-vk-{community.pk}-{run and run.pk}-{run and run.status}-{ended}"
    return cache.get_or_set(key, lambda: _count(community), FEW_SECONDS if at_work else KEPT_SECONDS) or {}


def _count(community: Community) -> dict[int, tuple[int, int, int]]:
    sources = ListingSource.objects.filter(community=community).order_by()
    told = sources.values_list("product__store").annotate(
        published=Count("pk", filter=Q(listing__hold="")),
        held=Count("pk", filter=~Q(listing__hold="")),
        shown=Count("pk", filter=Q(listing__shown=True)),
    )
    return {store: tuple(counts) for store, *counts in told}


@login_required
@require_POST
def read_now(request) -> HttpResponse:
    """Ask for the till to be read, once however often it is asked."""
    SyncConfig.objects.get_or_create(user=request.user)
    if tasks.request_sync(request.user.pk):
        messages.success(request, _("Читаем кассу. Магазины появятся здесь через минуту: обновите страницу."))
    else:
        messages.info(request, _("Чтение уже идёт: обновите страницу через минуту."))
    return redirect("catalog:stores")
