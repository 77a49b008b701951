"""`/sync/decisions`: what waits for the merchant, and the answers to it."""

import re

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from catalog.models import SyncConfig
from connections.models import Community
from vkmarket import choosing, deciding, figures, guarding, waiting
from vkmarket.pages.category_picker import chosen_of, picker
from vkmarket.pages.posted import number_of
from vkmarket.pages.promises import obstacle, promised
from vkmarket.waiting import BY_CODE, QUESTIONS

from .rows import rows_of

ON_PAGE = 50
# What is done to the goods that were ticked.
TICKED = {
    "is_new": deciding.is_new,
    "send_ours": deciding.send_ours,
    "accept_theirs": deciding.accept_theirs,
    "create_again": deciding.create_again,
    "create_anew": deciding.create_anew,
    "try_again": deciding.try_again,
}
ITEM = re.compile(r"(?:product-\d+_|^)(\d{1,18})$")


@require_safe
@login_required
def home(request):
    community = Community.objects.linked_by(request.user)
    counted = figures.count(community) if community else []
    told = waiting.counts(counted)
    config = SyncConfig.objects.of_or_new(request.user)
    no_category = waiting.no_category(request.user, config, counted) if community else 0
    context: dict = {
        "community": community,
        "questions": [(question, told[question.code]) for question in QUESTIONS if told.get(question.code)],
        "no_category": no_category,
        "lacks_category": no_category != 0,
        "matches": waiting.matches(community),
        "marks": guarding.unknown_marks(community) if community else 0,
        "left": waiting.left(counted),
    }
    if no_category != 0:
        context["picker"] = picker(request, name="category", form="category", chosen=None)
    if not any(context[asked] for asked in ("questions", "lacks_category", "matches", "marks")):
        context |= {"nothing": True, "obstacle": obstacle(request.user)}
    return render(request, "decisions/home.html", context)


@require_POST
@login_required
def set_category(request):
    """One category for all goods whose groups have none."""
    community = Community.objects.linked_by(request.user)
    try:
        category = chosen_of(request, "category")
    except ValueError:
        category = None
    if category is None or community is None:
        messages.error(request, _("Выберите категорию из списка."))
        return redirect("sync_decisions")
    with transaction.atomic():
        SyncConfig.objects.update_or_create(user=request.user, defaults={"default_category_id": category})
        choosing.request(community)
    messages.success(request, promised(_("Категория сохранена."), request.user))
    return redirect("sync_decisions")


@require_safe
@login_required
def question(request, code):
    community, asked = _asked(request, code)
    rows = asked.rows(community).order_by("pk").select_related("source__product__store")
    page = Paginator(rows, ON_PAGE).get_page(request.GET.get("page"))
    context = {
        "question": asked,
        "page": page,
        "rows": rows_of(code, community, list(page.object_list)),
        "shown": deciding.stamp(asked.rows(community)) if asked.whole else "",
        "ticked": request.GET.get("tick") == "all",
        "obstacle": obstacle(request.user),
    }
    return render(request, "decisions/question.html", context)


@require_POST
@login_required
def answer(request, code):
    """What the button says, of the goods that were ticked or, for a question about all, of all that were shown."""
    community, asked = _asked(request, code)
    deed, _colon, pk = request.POST.get("deed", "").partition(":")
    if asked.whole and deed in ("allow", "leave"):
        done = _answer_whole(request, community, asked, deed)
    elif deed == "look_again" and code == "unsettled":
        deciding.look_again(community)
        messages.success(request, _("Ищем: через минуту обновите страницу."))
        return redirect("sync_decision", code)
    elif deed in ("rebind", "this_is_it"):
        done = _answer_one(request, community, deed, pk)
    else:
        done = _answer_ticked(request, community, asked, deed)
    if done:
        text = ngettext("Готово: %(n)s товар.", "Готово, товаров: %(n)s.", done) % {"n": done}
        messages.success(request, text)
    left = asked.rows(community).exists()
    return redirect("sync_decision", code) if left else redirect("sync_decisions")


def _answer_whole(request, community: Community, asked: waiting.Question, deed: str) -> int:
    answering = deciding.allow if deed == "allow" else deciding.leave
    done = answering(community, asked.block, request.POST.get("shown", ""), request.user)
    if done is None:
        messages.warning(request, _("Пока вы смотрели, список изменился. Посмотрите ещё раз и решите снова."))
    return done or 0


def _answer_one(request, community: Community, deed: str, pk: str) -> int:
    """Which of those gone a new good is; which item of VK a lost add has made."""
    key = number_of(pk) or 0
    typed = request.POST.get(f"choice_{key}", "").strip()
    if deed == "rebind":
        if deciding.rebind(community, key, number_of(typed) or 0):
            return 1
        messages.error(request, _("Выберите, который из пропавших товаров это."))
        return 0
    found = ITEM.search(typed)
    if found and deciding.this_is_it(community, key, int(found[1])):
        return 1
    messages.error(
        request,
        _("Такого свободного товара в сообществе нет. Вставьте ссылку на товар ВК или его номер."),
    )
    return 0


def _answer_ticked(request, community: Community, asked: waiting.Question, deed: str) -> int:
    if deed not in [one.code for one in asked.deeds]:
        raise Http404
    pks = [pk for pk in map(number_of, request.POST.getlist("pick")) if pk is not None]
    if not pks:
        messages.error(request, _("Отметьте товары, о которых решаете."))
        return 0
    if deed == "do_not_publish":
        done = deciding.do_not_publish(community, pks, request.user)
    else:
        done = TICKED[deed](community, pks)
    if not done:
        messages.info(request, _("Об этих товарах уже решено."))
    return done


@require_POST
@login_required
def take_over_marks(request):
    community = Community.objects.linked_by(request.user)
    if community is None:
        raise Http404
    if deciding.take_over_marks(community, request.user):
        messages.success(request, _("Готово: берём эти товары под управление."))
    else:
        messages.info(request, _("Об этих товарах уже решено."))
    return redirect("sync_decisions")


def _asked(request, code: str) -> tuple[Community, waiting.Question]:
    community = Community.objects.linked_by(request.user)
    if community is None or code not in BY_CODE:
        raise Http404
    return community, BY_CODE[code]
