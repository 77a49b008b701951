"""`/sync/runs` and one run: what was done with each product, and why not."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from connections.models import Community
from vkmarket import deciding, wording
from vkmarket.finding import WORDS_MAX
from vkmarket.models import Attempt, Listing, SyncRun
from vkmarket.pages.posted import number_of
from vkmarket.pages.promises import with_obstacle
from vkmarket.reasons import Block
from vkmarket.tasks import request_sync

from . import live, run_rows

ON_PAGE = 50
STATUS = SyncRun.Status
SHOWN = (STATUS.RUNNING, STATUS.WAITING, STATUS.DONE, STATUS.FAILED)


@require_safe
@login_required
def runs(request):
    # Their own, as `/sync` shows them: what else staff may see is listed in the panel.
    community = Community.objects.linked_by(request.user)
    rows = _mine(request).filter(community=community).order_by("-pk").defer("lines")
    outcome = request.GET.get("outcome", "")
    if outcome in SHOWN:
        rows = rows.filter(status=outcome)
    page = Paginator(rows, ON_PAGE).get_page(request.GET.get("page"))
    choices = [(status.value, status.label) for status in SHOWN]
    context = {"community": community, "page": page, "outcome": outcome, "choices": choices}
    return render(request, "sync/runs.html", context)


def _mine(request):
    """Runs that this person may see. What a preview showed is no run."""
    return SyncRun.objects.visible_to(request.user).rounds()


@require_safe
@login_required
@never_cache
def run(request, run_id):
    row = get_object_or_404(_mine(request).select_related("community").defer("lines"), pk=run_id)
    outcome, query = request.GET.get("outcome", ""), request.GET.get("q", "")[:WORDS_MAX]
    counted = run_rows.counts(row)
    if outcome == run_rows.HELD:
        page = Paginator(run_rows.held(request.user, row, query), ON_PAGE).get_page(request.GET.get("page"))
        page.object_list = [run_rows.row_of_held(one) for one in page.object_list]
    else:
        source = run_rows.listed(request.user, row, outcome, query, counted)
        page = Paginator(source, ON_PAGE).get_page(request.GET.get("page"))
        page.object_list = run_rows.rows_of(list(page.object_list))
    context = {
        "run": row,
        "page": page,
        "outcome": outcome,
        "q": query,
        "choices": _choices(counted),
        "guards": wording.guards(row.verdict),
        "end": wording.end_of(row.error) if row.error else "",
        "refused": _refused(row).count(),
        "live": live.look(request.user) if row.status == STATUS.RUNNING else None,
    }
    return render(request, "sync/run.html", context)


def _choices(counted: dict[str, int]) -> list[tuple[str, str, int]]:
    """The filters that take something, each with how many."""
    return [(code, str(label), counted[code]) for code, (label, _states) in run_rows.OUTCOMES.items() if counted[code]]


def _refused(row: SyncRun):
    """Listings that VK refused in this run and that still wait."""
    refused = row.attempts.newest().filter(state=Attempt.State.REFUSED).values("listing")
    return Listing.objects.filter(community=row.community_id, pk__in=refused, blocked=Block.REFUSED)


@require_POST
@login_required
def retry(request, run_id):
    """Send what VK refused once more: one listing, or all of the run. A run that failed whole: the cycle again."""
    row = get_object_or_404(_mine(request).select_related("community"), pk=run_id)
    one = request.POST.get("listing", "")
    refused = [number_of(one) or 0] if one else list(_refused(row).values_list("pk", flat=True))
    count = deciding.try_again(row.community, refused)
    if count:
        text = ngettext("Отправим ещё раз %(n)s товар.", "Отправим ещё раз %(n)s товаров.", count)
        messages.success(request, with_obstacle(text % {"n": count}, request.user))
    elif row.status == STATUS.FAILED and not one:
        with transaction.atomic():
            request_sync(request.user.pk)
        messages.success(request, with_obstacle(_("Синхронизация поставлена в очередь."), request.user))
    else:
        messages.info(request, _("Повторять нечего: эти товары уже отправлены или ждут отправки."))
    return redirect("sync_run", row.pk)
