"""`/sync`: the switch, what happens now, the figures, the settings."""

from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from catalog import chosen
from catalog.models import CachedProduct, CachedStore, SyncConfig
from connections.models import Community
from evosync.base import clock
from vkmarket import cards, choosing, previews, publishing, removals
from vkmarket.models import SyncRun
from vkmarket.pages.category_picker import chosen_of, picker
from vkmarket.pages.promises import obstacle, promised, with_obstacle
from vkmarket.tasks import request_sync
from vkmarket.wording import KINDS, Place, ToldReason, reasons_of

from . import live
from .forms import PricesForm, SettingsForm

RUNS_SHOWN = 5
# Of a reason: the stores with the most goods.
PLACES_SHOWN = 5
CATEGORY = "default_category_id"


@require_safe
@login_required
def home(request):
    return _home(request)


def _home(request, form=None, status: int = 200):
    now = live.look(request.user)
    form = form or SettingsForm(instance=now.config)
    runs = SyncRun.objects.none()
    if now.community:
        runs = SyncRun.objects.rounds().filter(community=now.community).order_by("-pk")
    context = {
        "live": now,
        "obstacle": obstacle(request.user),
        "reasons": _reasons(request.user, now),
        "chosen": chosen.summary(request.user),
        "runs": runs.defer("lines")[:RUNS_SHOWN],
        "form": form,
        "picker": picker(request, name=CATEGORY, form="settings", chosen=now.config.default_category_id),
        **_example(form, form["card_color"].value() or ""),
    }
    return render(request, "sync/home.html", context, status=status)


@require_safe
@login_required
@never_cache
def state(request):
    """What happens now, alone: a page asks again and again while something does."""
    now = live.look(request.user)
    return render(request, "sync/live.html", {"live": now, "reasons": _reasons(request.user, now)})


def _reasons(user: User, now: live.Live) -> list[ToldReason]:
    """Why goods are not in VK, each reason with the lists of its goods."""
    stores = {pk: (name, evotor_id) for pk, name, evotor_id in _stores_of(user, now)}
    places: dict[str, list[Place]] = defaultdict(list)
    for (why, store), count in now.figures.places.most_common():
        if store in stores and len(places[why]) < PLACES_SHOWN:
            name, evotor_id = stores[store]
            address = f"{reverse('catalog:products', args=[evotor_id])}?{urlencode({'why': why})}"
            places[why].append(Place(name, address, count))
    return reasons_of(now.figures.reasons, places)


def _stores_of(user: User, now: live.Live) -> Iterable[tuple[int, str, str]]:
    keys = {store for _why, store in now.figures.places}
    return CachedStore.objects.of(user).filter(pk__in=keys).values_list("pk", "name", "evotor_id") if keys else ()


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def switch_on(request):
    """Asks first: says how many goods will appear."""
    community = Community.objects.linked_by(request.user)
    if community is None:
        messages.error(request, _("Сначала подключите ВКонтакте: показывать товары пока негде."))
        return redirect("sync")
    if request.method == "POST":
        with transaction.atomic():
            SyncConfig.objects.update_or_create(user=request.user, defaults={"enabled": True})
            # Asked for while this waited for the row: it has switched off, and it goes on.
            removal = removals.current(request.user)
            if removal is None:
                request_sync(request.user.pk)
            else:
                transaction.set_rollback(True)
        if removal:
            messages.error(request, _("Товары ещё убираются из ВК: дождитесь конца или остановите."))
            return redirect("sync_removal", removal.pk)
        messages.success(request, promised(_("Синхронизация включена."), request.user))
        return redirect("sync")
    return render(
        request,
        "confirm.html",
        {
            "question": _("Включить синхронизацию?"),
            "details": _outlook(request.user, community),
            "back": reverse("sync"),
            "yes": _("Включить"),
            "look": "primary",
        },
    )


def _outlook(user: User, community: Community) -> str:
    """How many goods will appear: as the preview has counted them, or at most so many as are chosen."""
    goods = chosen.goods(user)
    if not goods:
        return _("Ни один магазин не выбран: в ВК ничего не появится.")
    told = _as_previewed(community) or _at_most(goods)
    return f"{told} {_('Дальше цены, остатки и названия будут обновляться сами.')}"


def _as_previewed(community: Community) -> str:
    """The numbers of the preview; nothing where none may still be true."""
    preview = previews.latest(community)
    if preview is None or preview.finished_at is None or preview.error or previews.is_stale(preview):
        return ""
    at = clock.local_text(preview.finished_at)
    told = [(KINDS[kind], count) for kind, count in preview.planned.items() if kind in KINDS]
    told.append((_("Не публикуется"), sum(preview.counts.get("reasons", {}).values())))
    figures = [f"{title}: {number_format(count, force_grouping=True)}." for title, count in told if count]
    return " ".join([_("Предпросмотр от %(at)s сосчитал так.") % {"at": at}, *figures])


def _at_most(goods: int) -> str:
    return ngettext(
        "В ВК появится выбранный вами %(n)s товар, если его не задержат правила ВК и закон.",
        "В ВК появится до %(n)s выбранных вами товаров: не больше, часть могут задержать правила ВК и закон. "
        "Сколько точно, скажет предпросмотр «Что изменится».",
        goods,
    ) % {"n": number_format(goods, force_grouping=True)}


@require_POST
@login_required
def switch_off(request):
    SyncConfig.objects.update_or_create(user=request.user, defaults={"enabled": False})
    messages.success(
        request, _("Синхронизация выключена: в ВК ничего не отправляется, товары там остаются такими, как есть.")
    )
    return redirect("sync")


@require_POST
@login_required
def sync_now(request):
    config, _created = SyncConfig.objects.get_or_create(user=request.user)
    with transaction.atomic():
        asked = request_sync(request.user.pk)
    if not asked:
        messages.info(request, _("Синхронизация уже в очереди: она начнётся через несколько секунд."))
    elif Community.objects.linked_by(request.user) is None:
        messages.info(request, _("Прочитаем кассу. Отправлять пока некуда: подключите ВКонтакте."))
    elif config.enabled:
        messages.success(request, with_obstacle(_("Синхронизация поставлена в очередь."), request.user))
    else:
        messages.info(request, _("Прочитаем кассу и ВК. Отправлять ничего не будем: синхронизация выключена."))
    return redirect("sync")


@require_POST
@login_required
def stop(request):
    publishing.stop(request.user)
    messages.success(request, _("Останавливаем: то, что уже ушло, дойдёт, остальное подождёт следующей синхронизации."))
    return redirect("sync")


@require_POST
@login_required
def settings(request):
    config, _created = SyncConfig.objects.get_or_create(user=request.user)
    form = SettingsForm(request.POST, instance=config)
    try:
        category = chosen_of(request, CATEGORY)
    except ValueError:
        form.add_error(None, _("Этой категории у ВКонтакте больше нет: выберите другую."))
        category = config.default_category_id
    if not form.is_valid():
        messages.error(request, _("Настройки не сохранены: исправьте отмеченное."))
        return _home(request, form, status=422)
    config = form.save(commit=False)
    if CATEGORY in request.POST:
        config.default_category_id = category
    with transaction.atomic():
        # Only what the form is about: the rest of the row is written by workers meanwhile.
        config.save(update_fields=[*form.Meta.fields, CATEGORY])
        if community := Community.objects.linked_by(request.user):
            choosing.request(community)
    messages.success(request, promised(_("Настройки сохранены."), request.user))
    return redirect("sync")


@require_safe
@login_required
def example(request):
    """The live example of prices and of the card, as the merchant types."""
    return render(request, "sync/example.html", _example(PricesForm(request.GET), request.GET.get("card_color", "")))


def _example(form, color: str = "") -> dict:
    if not form.is_bound:
        form = PricesForm({name: form[name].value() for name in PricesForm.base_fields} | {"card_color": ""})
    return {"examples": form.examples() if form.is_valid() else [], "color": color}


@require_safe
@login_required
def card(request):
    """The drawn card of the merchant's first good, in a colour."""
    stores = list(CachedStore.objects.of(request.user).values_list("pk", flat=True))
    # Any of them: a first one would have to be looked for.
    names = CachedProduct.objects.present().filter(store__in=stores).values_list("name", flat=True)[:1]
    picture = cards.draw(next(iter(names), _("Чай чёрный крупнолистовой"))[:100], request.GET.get("color", ""))
    return HttpResponse(picture, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=600"})
