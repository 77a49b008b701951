"""Where each product stands, as its merchant reads it: what the rules say of it now, and how far VK has it.

A stored hold is as old as the last plan. A page asks the rules themselves about the goods that it shows, so that a
reason is true when it is read; what was not planned since says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog.choices import INHERIT, PRODUCT, Choices
from catalog.groups import GroupTree
from catalog.models import CachedProduct, CachedStore, SyncConfig
from connections.models import Community
from evosync.base import clock

from . import albums
from .advice import advice_on
from .facts import StoreView, settings_of
from .items import Item
from .models import Listing, ListingSource, VkCachedProduct
from .reasons import Block, Reason, label_of
from .rules import Hold, Settings, judge
from .wording import refusal

# Holds that come of comparing goods with one another: the rules on one product do not know them.
COMPARED = (Reason.MAYBE_MOVED, Reason.AMBIGUOUS_REBIND)


class State(TextChoices):
    OFF = "off", _("Выключен")
    LEAVING = "leaving", _("Будет скрыт")
    UNCHECKED = "unchecked", _("Ещё не проверен")
    HELD = "held", _("Не публикуется")
    WAITS = "waits", _("Ждёт отправки")
    UNANSWERED = "unanswered", _("ВК не ответил, проверяем")
    DECISION = "decision", _("Нужно ваше решение")
    REFUSED = "refused", _("ВК отклонил")
    SENT = "sent", _("Отправлен, проверяем")
    DIFFERS = "differs", _("В ВК иначе")
    SOLD_OUT = "sold_out", _("В ВК, распродан")
    SHOWN = "shown", _("В ВК")


# What the light beside a state says; all others are grey.
LIGHTS = {
    State.SHOWN: "online",
    State.SOLD_OUT: "online",
    State.SENT: "online",
    State.DECISION: "failing",
    State.DIFFERS: "failing",
    State.REFUSED: "offline",
}


# As much of a listing as its state is told from: its items as JSON are long.
OF_LISTING = (
    "hold",
    "blocked",
    "lane",
    "shown",
    "unsettled_since",
    "vk_item_id",
    "drift",
    "error_code",
    "error_text",
    "written_at",
    "confirmed_at",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """One product, its listing and what VK shows of it."""

    product: CachedProduct
    state: State
    # The code of a Reason or Block, "" for none.
    why: str
    own: str
    on: bool
    # The group whose choice it follows, UNGROUPED for goods in none; "": the store's.
    follows: str
    path: str
    listing: Listing | None
    seen: VkCachedProduct | None

    @property
    def light(self) -> str:
        return LIGHTS.get(self.state, "unknown")

    @property
    def reason(self) -> str:
        """Why, in words."""
        return words_of(self.state, self.why, self.listing, self.seen.reject_info if self.seen else None)

    @property
    def advice(self) -> str:
        return advice_on(self.why or (Block.REFUSED if self.state == State.REFUSED else ""))


def words_of(state: State, why: str, listing: Any, reject_info: Any) -> str:
    """Why, in our words, or in those of VK's moderation. `listing`: as much of one as `state_of` takes."""
    if why == Block.REFUSED:
        return refusal(listing.error_code, listing.error_text)
    if why:
        return label_of(why)
    told = reject_info if state == State.REFUSED and isinstance(reject_info, dict) else {}
    parts = (told.get("title"), told.get("description"))
    return ". ".join(part for part in parts if isinstance(part, str) and part)


class Observer:
    """Tells the standing of some of a store's products; what a page needs to know is asked for a page at a time.

    `whole`: all of the store's goods will be asked about, so its tree and choices are read once.
    """

    def __init__(self, user: User, store: CachedStore, community: Community | None, *, whole: bool = False):
        self.user, self.store, self.community = user, store, community
        config = SyncConfig.objects.of_or_new(user)
        self.rules: Settings = settings_of(config)
        self._now = clock.now()
        self._deleting = config.delete_absent
        self._kept = self.as_planned() if whole else None

    def as_planned(self) -> tuple[StoreView, Choices]:
        """The store as a plan of all sees it, so that what was planned is known again."""
        choices, rows = Choices.of(self.user), albums.of_store(self.community, self.store) if self.community else {}
        view = StoreView(self.store, choices, rows, self._now, self.rules, self._deleting)
        return view, choices

    def look(self, products: Sequence[CachedProduct]) -> list[Standing]:
        """One for each, in their order; in as many queries for fifty as for one."""
        view, choices = self._kept or self._about(products)
        listings = self._listings(products)
        seen = self._seen(listings.values())
        return [self._one(product, view, choices, listings.get(product.pk), seen) for product in products]

    def _about(self, products: Sequence[CachedProduct]) -> tuple[StoreView, Choices]:
        tree = GroupTree.above(self.store, {product.parent_id for product in products})
        ids = [product.evotor_id for product in products]
        choices = Choices.in_store(self.user, self.store.evotor_id, ids)
        return StoreView(self.store, choices, {}, self._now, self.rules, tree=tree), choices

    def _listings(self, products: Sequence[CachedProduct]) -> dict[int, Listing]:
        if self.community is None:
            return {}
        # Asked for the community too, MariaDB walks all that it has.
        sources = ListingSource.objects.filter(product__in=[product.pk for product in products])
        columns = ("community", "product", *(f"listing__{name}" for name in OF_LISTING))
        told = sources.select_related("listing").only(*columns)
        return {source.product_id: source.listing for source in told if source.community_id == self.community.pk}

    def _seen(self, listings: Iterable[Listing]) -> dict[int, VkCachedProduct]:
        ids = [listing.vk_item_id for listing in listings if listing.vk_item_id]
        if not ids:
            return {}
        rows = VkCachedProduct.objects.filter(community=self.community, item_id__in=ids, absent_since=None)
        rows = rows.only("item_id", "title", "price", "stock", "reject_info")
        return {row.item_id: row for row in rows}

    def _one(
        self,
        product: CachedProduct,
        view: StoreView,
        choices: Choices,
        listing: Listing | None,
        seen: dict[int, VkCachedProduct],
    ) -> Standing:
        outcome = judge(view.facts(product), self.rules)
        item = seen.get(listing.vk_item_id or 0) if listing else None
        state, why = state_of(outcome, listing, bool(item and item.reject_info))
        group = view.group(product.parent_id)
        own = choices.own(PRODUCT, product.evotor_id, self.store.evotor_id)
        return Standing(
            product=product,
            state=state,
            why=why,
            own=own,
            on=view.published(product.parent_id, product.evotor_id),
            follows=choices.decisive(self.store.evotor_id, group.chain) if own == INHERIT else "",
            path=group.path,
            listing=listing,
            seen=item,
        )


def state_of(outcome: Item | Hold | None, listing: Any, rejected: bool) -> tuple[State, str]:
    """The state of a product and why, given what the rules say of it now and its listing, if any, or as much of one
    as is looked at here."""
    if isinstance(outcome, Hold):
        if listing and listing.shown and outcome.hides and not listing.blocked:
            return State.LEAVING, outcome.reason
        if listing and listing.blocked and listing.lane:
            return State.DECISION, listing.blocked
        return (State.OFF if outcome.reason == Reason.EXCLUDED else State.HELD), outcome.reason
    if listing and listing.hold == Reason.REMOVED and not listing.blocked:
        return (State.LEAVING if listing.shown else State.HELD), Reason.REMOVED
    if listing is None or (listing.hold and listing.hold not in COMPARED):
        return State.UNCHECKED, ""
    if listing.hold:
        return (State.DECISION if listing.hold == Reason.AMBIGUOUS_REBIND else State.HELD), listing.hold
    if listing.blocked:
        return (State.REFUSED if listing.blocked == Block.REFUSED else State.DECISION), listing.blocked
    if listing.unsettled_since:
        return State.UNANSWERED, ""
    if rejected:
        return State.REFUSED, ""
    if listing.lane is not None:
        return State.WAITS, ""
    return _in_vk(listing), ""


def _in_vk(listing: Listing) -> State:
    if not listing.vk_item_id:
        return State.UNCHECKED
    if listing.drift:
        return State.DIFFERS
    if listing.confirmed_at is None:
        return State.SENT
    return State.SHOWN if listing.shown else State.SOLD_OUT
