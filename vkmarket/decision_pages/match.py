"""`/sync/match`: items that the merchant made by hand beside the products that would become the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from catalog.models import SyncConfig
from connections.models import Community
from vkmarket import answering, texts
from vkmarket.finding import WORDS_MAX, holds
from vkmarket.models import Match, VkCachedProduct
from vkmarket.pages.addresses import address_in_vk
from vkmarket.pages.posted import number_of
from vkmarket.pages.promises import soon
from vkmarket.pages.vk_items import Shown

from .ahead import first_to_do

ON_PAGE = 50
# So many are named of those that nobody is asked about.
NAMED = 20
TAKE, LEAVE = answering.TAKE, answering.LEAVE


@dataclass(frozen=True, slots=True)
class Row:
    """One pair as its merchant reads it."""

    match: Match
    seen: Shown
    address: str
    # Other items are like the product too: one of them can be chosen.
    several: bool

    @property
    def price(self) -> Decimal:
        return Decimal(self.match.wanted["price"])

    @property
    def sold_out(self) -> bool:
        return self.match.wanted.get("stock") == 0

    @property
    def looks_odd(self) -> bool:
        """The sku is equal, and not a word of the names: perhaps two lists that are both numbered from one."""
        names = self.match.wanted["name"], self.seen.item.title
        ours, theirs = (set(texts.match_name(name).split()) for name in names)
        return self.match.why == Match.Why.SKU and ours.isdisjoint(theirs)


@require_safe
@login_required
def home(request):
    community = Community.objects.linked_by(request.user)
    context: dict = {"community": community, "q": _query(request.GET)}
    if community is None:
        return render(request, "decisions/match.html", context)
    config = SyncConfig.objects.of_or_new(request.user)
    asked = answering.open_ones(community).filter(holds(context["q"]))
    # «Все» means those that are there now.
    upto = asked.order_by("-pk").values_list("pk", flat=True).first() or 0
    asked = asked.filter(pk__lte=upto)
    shown = asked.annotate(several=Exists(_others())).select_related("product__store").order_by("product", "pk")
    page = Paginator(shown, ON_PAGE).get_page(request.GET.get("page"))
    rows = _rows(community, list(page.object_list))
    unclear = Match.objects.filter(community=community, answer=Match.Answer.UNCLEAR).order_by("pk")
    context |= {
        "page": page,
        "rows": rows,
        "choosing": any(row.several for row in rows),
        "upto": upto,
        "all": _single(asked).count() if page.has_other_pages() else 0,
        "first": None if rows else first_to_do(request.user, community, config),
        "ticked": request.GET.get("tick") != "none",
        "unclear": [row.wanted["name"] for row in unclear.only("wanted")[:NAMED]],
        "unclear_count": unclear.count(),
        "undecided": answering.undecided(community).aggregate(
            take=Count("pk", filter=Q(answer=TAKE)), leave=Count("pk", filter=Q(answer=LEAVE))
        ),
        "enabled": config.enabled,
        "soon": soon(request.user),
        "queued": bool(config.queued_at),
    }
    return render(request, "decisions/match.html", context)


def _query(asked: Mapping[str, str]) -> str:
    """The words that the list is cut down to."""
    return asked.get("q", "")[:WORDS_MAX]


def _others() -> QuerySet[Match]:
    """Of a pair: the open pairs of its product with other items."""
    pairs = Match.objects.filter(community=OuterRef("community"), product=OuterRef("product"))
    return pairs.filter(answer=answering.OPEN).exclude(pk=OuterRef("pk"))


def _single(rows: QuerySet[Match]) -> QuerySet[Match]:
    """Those that leave nothing to choose."""
    return rows.filter(~Exists(_others()))


def _rows(community: Community, matches: list) -> list[Row]:
    """`matches` know whether they are one of `several`."""
    items = VkCachedProduct.objects.filter(community=community, item_id__in=[match.item_id for match in matches])
    by_id = {item.item_id: item for item in items.defer("description", "photos", "reject_info")}
    return [
        Row(
            match,
            Shown(by_id[match.item_id], ours=False, product=match.product),
            address_in_vk(community, match.item_id),
            match.several,
        )
        for match in matches
        if match.item_id in by_id
    ]


@require_POST
@login_required
def answer(request):
    """What the button says: take those that are ticked, leave the others of the page, or take all that were there."""
    community = Community.objects.linked_by(request.user)
    if community is None:
        raise Http404
    deed, asked = request.POST.get("deed"), answering.open_ones(community)
    # Of several items that are like one product one is ticked, in a field of its own.
    ticked = {key for name in request.POST if name.startswith("pick") for key in _keys(request, name)}
    shown = _keys(request, "shown")
    if deed == "take":
        done = _say(request, community, asked.filter(pk__in=ticked), TAKE) if ticked else _nothing_ticked(request)
    elif deed == "leave":
        done = _say(request, community, asked.filter(pk__in=shown - ticked), LEAVE)
    elif deed == "all":
        upto = min(_keys(request, "upto"), default=0)
        found = asked.filter(holds(_query(request.POST)))
        done = _say(request, community, _single(found).filter(pk__lte=upto), TAKE)
    else:
        raise Http404
    query = _query(request.POST)
    left = done and query and answering.open_ones(community).filter(holds(query)).exists()
    return redirect(reverse("sync_match") + (f"?{urlencode({'q': query})}" if left else ""))


def _keys(request, name: str) -> set[int]:
    posted = map(number_of, request.POST.getlist(name)[: 2 * ON_PAGE])
    return {key for key in posted if key is not None}


def _nothing_ticked(request) -> int:
    messages.error(request, _("Отметьте товары, которые можно взять под управление."))
    return 0


def _say(request, community: Community, rows: QuerySet[Match], told: str) -> int:
    done = answering.say(community, rows, told)
    if not done:
        messages.info(request, _("Об этих товарах уже решено."))
    elif told == LEAVE:
        text = ngettext(
            "Готово: %(n)s товар ВК останется как есть, а товар с кассы появится рядом новым.",
            "Готово: товары ВК (%(n)s) останутся как есть, а товары с кассы появятся рядом новыми.",
            done,
        )
        messages.success(request, text % {"n": done})
    else:
        text = ngettext(
            "Готово: %(n)s товар ВК будет взят под управление, второго такого же не появится.",
            "Готово: товары ВК (%(n)s) будут взяты под управление, вторых таких же не появится.",
            done,
        )
        messages.success(request, text % {"n": done})
    return done


@require_POST
@login_required
def ask_again(request):
    community = Community.objects.linked_by(request.user)
    if community is None:
        raise Http404
    if not answering.ask_again(community):
        messages.info(request, _("Эти ответы уже исполнены: изменить их нельзя."))
    return redirect("sync_match")
