"""`/sync/remove`: «Убрать всё из ВК» asks with the number of goods, shows how far it is, and can be stopped."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from connections.models import Community
from vkmarket import removals
from vkmarket.models import Removal

from .ways import DELETE, ways


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def remove(request):
    if now := removals.current(request.user):
        return redirect("sync_removal", now.pk)
    found = ways(request.user)
    if not found:
        messages.info(request, _("Убирать нечего: товаров, которые добавил EvoSync, в ВК не видно."))
        return redirect("sync")
    chosen = request.POST.get("way", found[0].code)
    if request.method == "POST" and chosen in [way.code for way in found]:
        removal = removals.start(request.user, for_good=chosen == DELETE)
        return redirect("sync_removal", removal.pk) if removal else redirect("sync")
    context = {
        "question": _("Убрать из ВК все товары EvoSync?"),
        "community": Community.objects.linked_by(request.user),
        "ways": found,
        "chosen": found[0].code,
        "yes": found[0].label if len(found) == 1 else _("Убрать из ВК"),
        "back": reverse("sync"),
    }
    return render(request, "sync/remove.html", context, status=422 if request.method == "POST" else 200)


@require_safe
@login_required
def removal(request, removal_id: int):
    return render(request, "sync/removal.html", {"now": _look(request, removal_id)})


@require_safe
@login_required
@never_cache
def state(request, removal_id: int):
    """How far it is, alone: a page asks again and again while it goes on, and is loaded anew at its end."""
    now = _look(request, removal_id)
    answer = render(request, "sync/removing.html", {"now": now})
    if not (now.open or now.ending):
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
@login_required
def stop(request, removal_id: int):
    now = _look(request, removal_id)
    if now.open and removals.stop(request.user):
        messages.success(request, _stopped(now.removal))
    return redirect("sync_removal", removal_id)


def _stopped(removal: Removal) -> str:
    if removal.for_good:
        return _("Остановлено: уже удалённые товары не вернутся, только создадутся заново.")
    return _("Остановлено: то, что уже скрыто, скрытым и останется.")


def _look(request, removal_id: int) -> removals.Progress:
    mine = Removal.objects.filter(user=request.user).select_related("community")
    return removals.look(get_object_or_404(mine, pk=removal_id))
