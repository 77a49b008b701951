"""What one run came to, product by product: each once, with what was done, what came of it, and the calls beneath."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from catalog.models import CachedProduct, CachedStore
from evosync.base.paging import Found, Listed
from vkmarket import wording
from vkmarket.finding import holds, searched
from vkmarket.models import Attempt, Listing, SyncRun
from vkmarket.reasons import Block

STATE, KIND = Attempt.State, Attempt.Kind
# Filters of a run's list: what the newest call about a product came to. «Held» is not of the run: it is true now.
OUTCOMES = {
    "accepted": (gettext_lazy("Принято ВК"), (STATE.ACCEPTED,)),
    "refused": (gettext_lazy("Отклонено"), (STATE.REFUSED,)),
    "unknown": (gettext_lazy("Ответ неизвестен"), (STATE.UNKNOWN, STATE.ABSENT)),
    "not_run": (gettext_lazy("Не отправлено, повторим"), (STATE.NOT_RUN, STATE.SENT)),
}
HELD = "held"
WORDS: dict[str, Promise] = {state: words for words, states in OUTCOMES.values() for state in states}
DONE: dict[str, Promise] = {
    KIND.CREATE: gettext_lazy("создан"),
    KIND.HIDE: gettext_lazy("скрыт"),
    KIND.UNHIDE: gettext_lazy("снова показан"),
    KIND.PHOTO: gettext_lazy("новая картинка"),
    KIND.ALBUM_ADD: gettext_lazy("добавлен в подборку"),
    KIND.ALBUM_REMOVE: gettext_lazy("убран из подборки"),
    KIND.DELETE: gettext_lazy("удалён"),
    KIND.TWIN: gettext_lazy("удалён двойник"),
    KIND.ALBUM_CREATE: gettext_lazy("подборка создана"),
    KIND.ALBUM_RENAME: gettext_lazy("подборка переименована"),
}
# Where a product has been created, these belong to it and are told by nobody.
OF_A_NEW_ONE = (KIND.PHOTO, KIND.ALBUM_ADD)
# Told by the call's own word, or not for merchants.
UNTOLD_FIELDS = ("visible", "marked", "photo", "album")


@dataclass(frozen=True, slots=True)
class Row:
    """One product's outcome, or one album's."""

    name: str
    # What was done, and what was tried last if that failed.
    what: str
    outcome: str
    why: str
    at: datetime | None
    product: CachedProduct | None
    # May be sent once more by hand.
    listing: int | None
    calls: Sequence[Attempt] = ()


def counts(run: SyncRun) -> dict[str, int]:
    """How many products and albums each filter takes."""
    by_state = dict(run.attempts.newest().order_by().values_list("state").annotate(Count("pk")))
    return {code: sum(by_state.get(state, 0) for state in states) for code, (_label, states) in OUTCOMES.items()}


def listed(user: User, run: SyncRun, outcome: str, query: str, counted: dict[str, int]) -> Listed[Attempt]:
    """The newest call about each product and album, those of one outcome or with words in their name."""
    rows = run.attempts.newest().order_by("-pk")
    if outcome in OUTCOMES:
        rows = rows.filter(state__in=OUTCOMES[outcome][1])
    full = Attempt.objects.select_related("listing__source__product__store", "album").only(
        *("kind", "state", "sent_at", "finished_at", "before", "after", "error_code", "error_text", "album__title"),
        *("run", "listing__sku", "listing__blocked", "listing__source__product__name"),
        *("listing__source__product__evotor_id", "listing__source__product__store__evotor_id"),
    )
    if not query.strip():
        return Listed(rows, full, count=counted[outcome] if outcome in OUTCOMES else sum(counted.values()))
    return Found(rows.filter(_named(user, query, "listing__source__product")), full)


def held(user: User, run: SyncRun, query: str) -> Found[Listing]:
    """What is not in VK now, or not as wished, and why."""
    rows = Listing.objects.filter(~Q(hold="") | ~Q(blocked=""), community=run.community)
    if query.strip():
        rows = rows.filter(_named(user, query, "source__product"))
    # Backwards through the index `listing_figures`, where those that are not held come first.
    rows = rows.order_by("-hold", "-blocked", "-store", "-tally", "-pk")
    full = Listing.objects.select_related("source__product__store").only(
        *(
            "sku",
            "hold",
            "blocked",
            "wanted_hash",
            "declined_hash",
            "error_code",
            "error_text",
            "written_at",
            "source__product__name",
        ),
        *("source__product__evotor_id", "source__product__store__evotor_id"),
    )
    return Found(rows, full)


def _named(user: User, query: str, product: str) -> Q:
    """That the product has these words: by key where they are few, else as one goes along."""
    keys = searched(CachedStore.objects.of(user), query)
    return holds(query, f"{product}__search_text") if keys is None else Q(**{f"{product}__in": keys})


def rows_of(newest: Sequence[Attempt]) -> list[Row]:
    """Those of one page, of one run, with all its calls about them."""
    earlier = _earlier(newest)
    return [_row(one, [*earlier.get(one.listing_id, []), one]) for one in newest]


def _earlier(newest: Sequence[Attempt]) -> dict[int | None, list[Attempt]]:
    """The calls before these about the same listings in the same run, the oldest first."""
    if not newest:
        return {}
    run = newest[0].run_id
    first = Attempt.objects.first_of(run)
    # Without `run`: it is long, and what is known of one listing is little.
    known = Attempt.objects.filter(listing__in=[one.listing_id for one in newest], pk__gte=first)
    told: dict[int | None, list[Attempt]] = {}
    for one in known.filter(newest=False).order_by("pk"):
        if one.run_id == run:
            told.setdefault(one.listing_id, []).append(one)
    return told


def _row(newest: Attempt, calls: list[Attempt]) -> Row:
    listing = newest.listing
    product = listing.product if listing else None
    refused = newest.state == STATE.REFUSED
    still = listing is not None and listing.blocked == Block.REFUSED
    return Row(
        name=product.name if product else newest.album.title if newest.album else str(listing),
        what=_sentence(_done(calls), newest),
        outcome=str(WORDS[newest.state]),
        why=wording.refusal(newest.error_code, newest.error_text) if refused else "",
        at=newest.finished_at or newest.sent_at,
        product=product,
        listing=newest.listing_id if refused and still else None,
        calls=calls if len(calls) > 1 else (),
    )


def _sentence(done: list[str], newest: Attempt) -> str:
    tried = [] if newest.state == STATE.ACCEPTED else [str(newest.get_kind_display())]
    words = ", ".join([*done, *tried])
    return words[:1].upper() + words[1:]


def _done(calls: Iterable[Attempt]) -> list[str]:
    """What VK has accepted, in words."""
    accepted = [call for call in calls if call.state == STATE.ACCEPTED]
    is_new = any(call.kind == KIND.CREATE for call in accepted)
    told: list[str] = []
    for call in accepted:
        if not (is_new and call.kind in OF_A_NEW_ONE):
            told += _words_of(call)
    return list(dict.fromkeys(told))


def _words_of(call: Attempt) -> list[str]:
    words = [str(DONE[call.kind])] if call.kind in DONE else []
    if call.kind in (KIND.UPDATE, KIND.HIDE, KIND.UNHIDE):
        fields = [name for name in call.after if name not in UNTOLD_FIELDS]
        words += [wording.change(name, call.before.get(name), call.after[name]) for name in fields]
    return words


def row_of_held(listing: Listing) -> Row:
    """What is not as wished now."""
    product = listing.product
    outcome, why = _held(listing)
    return Row(
        name=product.name if product else listing.sku,
        what="",
        outcome=outcome,
        why=why,
        at=listing.written_at,
        product=product,
        listing=listing.pk if listing.blocked == Block.REFUSED else None,
    )


def _held(listing: Listing) -> tuple[str, str]:
    """How it stands, and why."""
    if listing.blocked == Block.REFUSED:
        return _("Отклонено"), wording.refusal(listing.error_code, listing.error_text)
    if listing.blocked and not listing.is_left:
        return _("Ждёт вас"), str(listing.get_blocked_display())
    why = str(listing.get_hold_display()) if listing.hold else ""
    return _("Вы оставили как есть") if listing.blocked else _("Не публикуется"), why
