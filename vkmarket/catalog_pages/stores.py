"""The merchant's stores: on or off, what of them is in VK, and what ails them."""

from collections import defaultdict
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.models import User
from catalog.choices import STORE
from catalog.models import CachedStore, SyncConfig, SyncFilter
from catalog.tasks import is_reading
from connections.models import Community, EvotorConnection
from connections.service_cards import SERVICES, connection_of
from vkmarket import figures, tasks
from vkmarket.models import SyncRun, Tally
from vkmarket.pages.promises import obstacle


@dataclass(frozen=True, slots=True)
class StoreCard:
    store: CachedStore
    on: bool
    # On the till; those that the rules let through; those that they hold; those that a buyer sees, None where no
    # community is connected: goods may have been left there.
    products: int
    published: int
    held: int
    shown: int | None
    # It was worked out what of it is published: before that 0 is no figure.
    is_planned: bool

    @property
    def is_read(self) -> bool:
        return bool(self.products or self.store.complete_at)

    @property
    def can_switch(self) -> bool:
        """Of a store that is gone there is nothing but what is in VK still, to be switched off."""
        return self.store.absent_since is None or (self.on and bool(self.shown))


@login_required
@vary_on_headers("HX-Request")
def stores(request) -> HttpResponse:
    """The page asks for itself, without what is around it, for as long as the till is read for the first time."""
    till = connection_of(request.user, SERVICES["evotor"])
    config = SyncConfig.objects.filter(user=request.user).first()
    rows = sorted(CachedStore.objects.of(request.user).order_by("name", "pk"), key=_is_gone)
    context = {
        "till": till,
        "cards": cards_of(request.user, rows),
        "obstacle": obstacle(request.user) if rows else "",
        "watching": config is not None and is_reading(config) and not _all_read(rows),
    }
    return render(request, "catalog/stores.html#all" if request.htmx else "catalog/stores.html", context)


def _is_gone(store: CachedStore) -> bool:
    return store.absent_since is not None


def _all_read(rows: list[CachedStore]) -> bool:
    """Once at least, as far as they can be read."""
    return bool(rows) and all(store.complete_at or store.error for store in rows)


def cards_of(user: User, rows) -> list[StoreCard]:
    rows = list(rows)
    community = Community.objects.linked_by(user)
    in_vk = _in_vk(community) if community else {}
    planned = bool(in_vk) or SyncRun.objects.rounds().filter(community=community).exists()
    on = SyncFilter.objects.of(user).filter(entity_type=STORE, mode=SyncFilter.Mode.INCLUDE)
    ids = set(on.values_list("entity_id", flat=True))

    def card(row: CachedStore) -> StoreCard:
        published, held, shown = in_vk.get(row.pk, (0, 0, 0))
        seen = shown if community else None
        return StoreCard(row, row.evotor_id in ids, row.goods, published, held, seen, planned)

    return [card(row) for row in rows]


def _in_vk(community: Community) -> dict[int, list[int]]:
    """Of each store: let through, held while on the till, shown."""
    told: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in figures.count(community):
        if row.store:
            told[row.store][1 if row.hold else 0] += row.goods
            told[row.store][2] += row.goods * (Tally.SHOWN in row.tally)
    for (_why, store), goods in figures.held_and_gone(list(told), community).items():
        told[store][1] -= goods
    return told


@login_required
@require_POST
def read_now(request) -> HttpResponse:
    """Ask for the till to be read, once however often it is asked."""
    if not EvotorConnection.objects.of(request.user).exclude(access_token="").exists():
        messages.error(request, _("Сначала подключите Эвотор: читать пока нечего."))
        return redirect("catalog:stores")
    SyncConfig.objects.get_or_create(user=request.user)
    if tasks.request_sync(request.user.pk):
        messages.success(request, _("Читаем кассу. Новое появится здесь через минуту."))
    else:
        messages.info(request, _("Чтение уже идёт: обновите страницу через минуту."))
    return redirect("catalog:stores")
