"""`/sync/preview`: what a synchronisation would change, before anything is sent; a person allows or declines it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from catalog.models import SyncConfig
from connections.models import Community, ConnectionFault
from vkmarket import previews, wording
from vkmarket.models import INTERRUPTED, OUTDATED, SyncRun
from vkmarket.pages.promises import promised
from vkmarket.stages import Stage

AWAY = gettext_lazy("ВКонтакте сейчас не отвечает: посчитайте заново через несколько минут.")
# A run goes on by itself after these, a preview does not.
ENDS: dict[str, str | Promise] = {
    ConnectionFault.UNAVAILABLE: AWAY,
    ConnectionFault.BAD_ANSWER: AWAY,
    INTERRUPTED: gettext_lazy("Не досчитано: программу перезапустили. Посчитайте заново."),
    OUTDATED: gettext_lazy("С тех пор вы изменили выбор или настройки: посчитайте заново."),
}


@dataclass(frozen=True, slots=True)
class Section:
    """The changes of one kind."""

    kind: str
    title: str
    count: int
    lines: list[wording.Line]

    @property
    def more(self) -> int:
        return self.count - len(self.lines)


@require_safe
@login_required
@never_cache
def preview(request):
    return render(request, "sync/preview.html", _context(request))


@require_safe
@login_required
@never_cache
def state(request):
    """The same without the page around it, for as long as the preview is being made."""
    return render(request, "sync/preview_state.html", _context(request))


def _context(request) -> dict:
    community = Community.objects.linked_by(request.user)
    run = previews.latest(community) if community else None
    context = {"community": community, "run": run}
    if run is None:
        return context
    if run.error:
        return context | {"end": ENDS.get(run.error) or wording.end_of(run.error)}
    stage = run.progress.get("stage")
    return context | {
        "stage": Stage(stage).label if stage in Stage.values else "",
        "sections": _sections(run),
        "reasons": wording.reasons_of(run.counts.get("reasons", {})),
        "guards": wording.guards(run.verdict),
        "stale": previews.is_stale(run),
        "enabled": SyncConfig.objects.filter(user=request.user, enabled=True).exists(),
    }


def _sections(run: SyncRun) -> list[Section]:
    return [
        Section(kind, str(title), run.planned[kind], [wording.line(line) for line in run.lines if line["kind"] == kind])
        for kind, title in wording.KINDS.items()
        if run.planned.get(kind)
    ]


@require_POST
@login_required
def start(request):
    community = Community.objects.linked_by(request.user)
    if community is None or previews.request(community) is None:
        messages.error(request, _("Сначала подключите ВКонтакте: показывать товары пока негде."))
        return redirect("sync")
    return redirect("sync_preview")


@require_POST
@login_required
def approve(request, run_id):
    return _decide(request, run_id, previews.approve, promised(_("Подтверждено."), request.user))


@require_POST
@login_required
def decline(request, run_id):
    said = _("Отклонено: то, что остановила защита, не уйдёт в ВК без вашего согласия.")
    return _decide(request, run_id, previews.decline, said)


def _decide(request, run_id: int, decision: Callable, said: str):
    mine = SyncRun.objects.visible_to(request.user).previews().select_related("community")
    if decision(get_object_or_404(mine, pk=run_id), request.user):
        messages.success(request, said)
    else:
        messages.info(request, _("Этот предпросмотр уже решён или заменён новым."))
    return redirect("sync_preview")
