"""`/sync/runs` and one run: what was done with each product, and why not."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from catalog.models import CachedStore
from evosync.base.paging import Found, Listed
from vkmarket import deciding, wording
from vkmarket.finding import holds, searched
from vkmarket.models import Attempt, Listing, SyncRun
from vkmarket.reasons import Block
from vkmarket.tasks import request_sync

from . import live

ON_PAGE = 50
STATUS = SyncRun.Status
SHOWN = (STATUS.RUNNING, STATUS.WAITING, STATUS.DONE, STATUS.FAILED)
STATE = Attempt.State
# Filters of one run's list, with what each takes of the attempts. «Held» is not of the run: it is true now.
OUTCOMES = {
    "accepted": (gettext_lazy("Принято ВК"), (STATE.ACCEPTED,)),
    "refused": (gettext_lazy("Отклонено"), (STATE.REFUSED,)),
    "unknown": (gettext_lazy("Ответ неизвестен"), (STATE.UNKNOWN, STATE.ABSENT)),
    "not_run": (gettext_lazy("Не отправлено, повторим"), (STATE.NOT_RUN, STATE.SENT)),
}
HELD = "held"


@require_safe
@login_required
def runs(request):
    rows = _mine(request).order_by("-pk").defer("lines")
    outcome = request.GET.get("outcome", "")
    if outcome in SHOWN:
        rows = rows.filter(status=outcome)
    page = Paginator(rows, ON_PAGE).get_page(request.GET.get("page"))
    choices = [(status.value, status.label) for status in SHOWN]
    context = {"page": page, "outcome": outcome, "choices": choices}
    return render(request, "sync/runs.html", context)


def _mine(request):
    """Runs that this person may see. What a preview showed is no run."""
    return SyncRun.objects.visible_to(request.user).rounds()


@dataclass(frozen=True, slots=True)
class Row:
    """One product's outcome."""

    name: str
    what: str
    outcome: str
    why: str
    at: Any
    product: Any
    # May be sent once more by hand.
    listing: int | None


@require_safe
@login_required
@never_cache
def run(request, run_id):
    row = get_object_or_404(_mine(request).select_related("community").defer("lines"), pk=run_id)
    outcome, query = request.GET.get("outcome", ""), request.GET.get("q", "")[:100]
    held = outcome == HELD
    by_state = dict(row.attempts.order_by().values_list("state").annotate(Count("pk")))
    source = _held(request.user, row, query) if held else _attempts(request.user, row, outcome, query, by_state)
    page = Paginator(source, ON_PAGE).get_page(request.GET.get("page"))
    page.object_list = [_row_of_held(one) if held else _row(one) for one in page.object_list]
    context = {
        "run": row,
        "page": page,
        "outcome": outcome,
        "q": query,
        "choices": _choices(by_state),
        "guards": wording.guards(row.verdict),
        "end": wording.end_of(row.error) if row.error else "",
        "refused": _refused(row).count(),
        "live": live.look(request.user) if row.status == STATUS.RUNNING else None,
    }
    return render(request, "sync/run.html", context)


def _choices(by_state: dict[str, int]) -> list[tuple[str, str, int]]:
    """The filters, each with how many it takes."""
    choices = [
        (code, str(label), sum(by_state.get(s, 0) for s in states)) for code, (label, states) in OUTCOMES.items()
    ]
    return [choice for choice in choices if choice[2]]


def _attempts(user: User, row: SyncRun, outcome: str, query: str, by_state: dict[str, int]) -> Listed[Attempt]:
    rows, states = Attempt.objects.filter(run=row).order_by("-pk"), OUTCOMES[outcome][1] if outcome in OUTCOMES else ()
    if states:
        rows = rows.filter(state__in=states)
    full = Attempt.objects.select_related("listing__source__product__store", "album").only(
        *("kind", "state", "sent_at", "finished_at", "error_code", "error_text", "album__title"),
        *("listing__sku", "listing__blocked", "listing__source__product__name"),
        *("listing__source__product__evotor_id", "listing__source__product__store__evotor_id"),
    )
    if not query.strip():
        return Listed(rows, full, count=sum(by_state.get(state, 0) for state in states or by_state))
    return Found(rows.filter(_named(user, query, "listing__source__product")), full)


def _held(user: User, row: SyncRun, query: str) -> Found[Listing]:
    """What is not in VK now, or not as wished, and why."""
    rows = Listing.objects.filter(~Q(hold="") | ~Q(blocked=""), community=row.community)
    if query.strip():
        rows = rows.filter(_named(user, query, "source__product"))
    # Backwards through the index `listing_figures`, where those that are not held come first.
    rows = rows.order_by("-hold", "-blocked", "-store", "-tally", "-pk")
    full = Listing.objects.select_related("source__product__store").only(
        *("sku", "hold", "blocked", "error_code", "error_text", "written_at", "source__product__name"),
        *("source__product__evotor_id", "source__product__store__evotor_id"),
    )
    return Found(rows, full)


def _named(user: User, query: str, product: str) -> Q:
    """That the product has these words: by key where they are few, else as one goes along."""
    keys = searched(CachedStore.objects.of(user), query)
    return holds(query, f"{product}__search_text") if keys is None else Q(**{f"{product}__in": keys})


def _product_of(listing: Listing | None):
    source = getattr(listing, "source", None)
    return source.product if source else None


def _row(attempt: Attempt) -> Row:
    product = _product_of(attempt.listing)
    name = product.name if product else attempt.album.title if attempt.album else str(attempt.listing)
    refused = attempt.state == STATE.REFUSED
    still = attempt.listing is not None and attempt.listing.blocked == Block.REFUSED
    return Row(
        name=name,
        what=str(attempt.get_kind_display()).capitalize(),
        outcome=str(attempt.get_state_display()).capitalize(),
        why=wording.refusal(attempt.error_code, attempt.error_text) if refused else "",
        at=attempt.finished_at or attempt.sent_at,
        product=product,
        listing=attempt.listing_id if refused and still else None,
    )


def _row_of_held(listing: Listing) -> Row:
    product = _product_of(listing)
    refused = listing.blocked == Block.REFUSED
    why = wording.refusal(listing.error_code, listing.error_text) if refused else ""
    if not refused:
        why = str(listing.get_blocked_display() if listing.blocked else listing.get_hold_display())
    return Row(
        name=product.name if product else listing.sku,
        what="",
        outcome=_("Отклонено") if refused else _("Не публикуется"),
        why=why,
        at=listing.written_at,
        product=product,
        listing=listing.pk if refused else None,
    )


def _refused(row: SyncRun):
    """Listings that VK refused in this run and that still wait."""
    refused = row.attempts.filter(state=STATE.REFUSED).values("listing")
    return Listing.objects.filter(community=row.community_id, pk__in=refused, blocked=Block.REFUSED)


@require_POST
@login_required
def retry(request, run_id):
    """Send what VK refused once more: one listing, or all of the run. A run that failed whole: the cycle again."""
    row = get_object_or_404(_mine(request).select_related("community"), pk=run_id)
    one = request.POST.get("listing", "")[:18]
    refused = [int(one) if one.isdecimal() else 0] if one else list(_refused(row).values_list("pk", flat=True))
    count = deciding.try_again(row.community, refused)
    if count:
        text = ngettext("Отправим ещё раз %(n)s товар.", "Отправим ещё раз %(n)s товаров.", count)
        messages.success(request, text % {"n": count})
    elif row.status == STATUS.FAILED and not one:
        with transaction.atomic():
            request_sync(request.user.pk)
        messages.success(request, _("Синхронизация поставлена в очередь."))
    else:
        messages.info(request, _("Повторять нечего: эти товары уже отправлены или ждут отправки."))
    return redirect("sync_run", row.pk)
