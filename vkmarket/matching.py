"""A shop that was filled by hand gets no doubles: its items beside the products that would become the same.

Pairs («Сопоставить») are found from the mirror of VK and the wishes of what is not in VK yet, by every round that
plans, by previews, and while the master switch is off whenever VK is read or a choice is made. A page only stores the
merchant's answer (`vkmarket.answering`); the next round, under its lease, does what it says. A product whose pair
waits for an answer is not created.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import batched, chain
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from catalog.mirroring import searchable
from catalog.models import CachedProduct
from connections.models import Community
from evosync.base.paging import pages
from evosync.base.upsert import BATCH, retry_deadlocks

from . import settling, wishing
from .items import Item
from .leasing import Held
from .likeness import Likeness, Thing, compare
from .models import MARKED, Listing, Match, VkCachedProduct
from .reasons import CREATABLE, Block

ASKED = (Match.Answer.OPEN, Match.Answer.UNCLEAR)
# What of a row may be news.
SAID = ("answer", "why", "wanted_hash")


@dataclass(frozen=True, slots=True)
class Good:
    """What a product would become in VK, were it created now. `listing_id`: None while it has none."""

    product_id: int
    article: str
    wanted: dict[str, Any]
    listing_id: int | None

    @property
    def thing(self) -> Thing:
        return Thing(self.product_id, self.wanted["name"], self.article)


@dataclass(slots=True)
class Matches:
    """What is true of a community's pairs now, by product."""

    # Nobody has answered: not to be created.
    open: dict[int, Good] = field(default_factory=dict)
    # To be bound: the good, its item, and the wish that was seen by whoever said so.
    taken: dict[int, tuple[Good, int, str]] = field(default_factory=dict)


def foreign(community: Community) -> QuerySet[VkCachedProduct]:
    """Items that EvoSync did not make and does not keep."""
    ours = Listing.objects.filter(community=community, vk_item_id=OuterRef("item_id"))
    present = VkCachedProduct.objects.filter(community=community, absent_since=None)
    return present.filter(~Exists(ours)).exclude(sku__regex=MARKED)


def follow(lease: Held) -> None:
    """Within a round: bind what was taken, hold what is asked about, let go what is neither."""
    community = lease.community
    found = renew(community, _stored(community))
    for good, item_id, shown in found.taken.values():
        retry_deadlocks(partial(_bind, lease, good, item_id, shown))
    _hold(lease, {good.listing_id for good in found.open.values() if good.listing_id})


def look_ahead(user: User, community: Community, wishes: wishing.Wishes | None = None) -> Matches:
    """Outside of rounds: find the pairs that the next one would find. `wishes`: what the rules say, if it is known."""
    if wishes is None:
        wishes = wishing.look(wishing.Chosen.by(user), community) if foreign(community).exists() else wishing.Wishes()
    return renew(community, _expected(community, wishes))


def _creates(community: Community) -> QuerySet[Listing]:
    return Listing.objects.filter(community=community, blocked__in=CREATABLE).adds()


def _stored(community: Community) -> Iterator[Good]:
    rows = _creates(community).filter(source__isnull=False).order_by("pk")
    for page in pages(rows.values_list("pk", "source__product_id", "source__product__article_number", "wanted"), BATCH):
        for listing_id, product_id, article, wanted in page:
            yield Good(product_id, article, wanted, listing_id)


def _expected(community: Community, wishes: wishing.Wishes) -> Iterator[Good]:
    """What is stored, and what the rules say now where that is something else."""
    for good in _stored(community):
        if good.product_id not in wishes.drafts:
            yield good
    for some in batched(wishes.drafts.values(), BATCH):
        articles = dict(
            CachedProduct.objects.filter(pk__in=[one.product_id for one in some]).values_list("pk", "article_number")
        )
        for draft, listing in wishing.drafted(some, community):
            if listing.wanted and listing.is_add and listing.blocked in CREATABLE and draft.product_id in articles:
                yield Good(draft.product_id, articles[draft.product_id], listing.wanted, listing.pk)


def renew(community: Community, goods: Iterable[Good]) -> Matches:
    """Bring the pairs of the community to what is true now: the open ones that no longer hold vanish."""
    rows = list(Match.objects.filter(community=community).defer("wanted", "search_text").order_by("pk"))
    taken = [row for row in rows if row.answer == Match.Answer.TAKE]
    goods = iter(goods)
    # Most of the time there is nothing to create, and nobody needs to know what else VK shows.
    first = next(goods, None)
    items = _items(community) if first else {}
    some = _like_any(items, chain([first] if first else [], goods), {row.product_id for row in taken})
    found = Matches()
    for row in taken:
        if row.product_id in some and row.item_id in items:
            found.taken[row.product_id] = some[row.product_id], row.item_id, row.wanted_hash
    spoken_for = {item_id for _good, item_id, _shown in found.taken.values()}
    likeness = compare(
        (item for key, item in items.items() if key not in spoken_for),
        (good.thing for key, good in some.items() if key not in found.taken),
    )
    answered = {(row.product_id, row.item_id) for row in rows if row.answer not in ASKED}
    true = [row for row in _told(community, likeness, some, items) if (row.product_id, row.item_id) not in answered]
    found.open = {row.product_id: some[row.product_id] for row in true if row.answer == Match.Answer.OPEN}
    retry_deadlocks(partial(_write, [row for row in rows if row.answer in ASKED], true))
    # What was chosen is no more, and there is something else to choose.
    if void := [row.pk for row in taken if row.product_id in found.open]:
        retry_deadlocks(Match.objects.filter(pk__in=void, answer=Match.Answer.TAKE).delete)
    return found


def _items(community: Community) -> dict[int, Thing]:
    rows = foreign(community).values_list("item_id", "title", "sku")
    return {item_id: Thing(item_id, title, sku) for item_id, title, sku in rows}


def _like_any(items: Mapping[int, Thing], goods: Iterable[Good], also: Collection[int]) -> dict[int, Good]:
    """The few goods that share a name with any of the items, and `also` these: of all others nothing is kept."""
    names = {name for item in items.values() for name in item.names()}
    alike = (good for good in goods if good.product_id in also or not names.isdisjoint(good.thing.names()))
    return {good.product_id: good for good in alike} if items else {}


def _told(
    community: Community, likeness: Likeness, goods: Mapping[int, Good], items: Mapping[int, Thing]
) -> Iterator[Match]:
    """What was found, as rows."""
    told = [(Match.Answer.OPEN, *pair) for pair in likeness.pairs.items()]
    told += [(Match.Answer.OPEN, product, found) for product, several in likeness.choices.items() for found in several]
    told += [(Match.Answer.UNCLEAR, *pair) for pair in likeness.unclear.items()]
    for answer, product_id, (item_id, why) in told:
        good, item = goods[product_id], items[item_id]
        yield Match(
            community=community,
            product_id=product_id,
            item_id=item_id,
            why=why,
            answer=answer,
            wanted=good.wanted,
            wanted_hash=Item.from_json(good.wanted).digest(),
            search_text=searchable(item.title, item.sku, good.wanted["name"], good.article)[:250],
        )


def _write(stored: Iterable[Match], true: Iterable[Match]) -> None:
    """Bring the rows that are not answered to what is true. One that is answered meanwhile stays as it is."""
    old, new = ({(row.product_id, row.item_id): row for row in rows} for rows in (stored, true))
    if not old and not new:
        return
    unanswered = Match.objects.filter(answer__in=ASKED)
    with transaction.atomic():
        for gone in batched([row.pk for key, row in old.items() if key not in new], BATCH):
            unanswered.filter(pk__in=gone).delete()
        for key, row in old.items():
            now = new.get(key)
            if now and any(getattr(row, name) != getattr(now, name) for name in SAID):
                told = {name: getattr(now, name) for name in (*SAID, "wanted", "search_text")}
                unanswered.filter(pk=row.pk).update(**told)
        Match.objects.bulk_create([row for key, row in new.items() if key not in old], BATCH, ignore_conflicts=True)


def bind(listing: Listing, item: VkCachedProduct, shown: str) -> None:
    """The listing as it is with this item. `shown`: the wish that its merchant saw beside it. Saves nothing."""
    listing.blocked = ""
    if listing.wanted_hash == shown:
        # They saw what is there, and what it becomes.
        listing.approved_hash = shown
    settling.show_item(listing, item.as_told())


def _bind(lease: Held, good: Good, item_id: int, shown: str) -> None:
    """The merchant has said that this item is that product. Whatever stands against it by now is looked at anew."""
    with transaction.atomic():
        lease.renew()
        listing = _creates(lease.community).select_for_update().filter(pk=good.listing_id or 0).first()
        item = foreign(lease.community).filter(item_id=item_id).first()
        if listing is None or item is None:
            return
        bind(listing, item, shown)
        listing.save()


def _hold(lease: Held, asked: set[int]) -> None:
    """Keep back the creates that wait for an answer, and let go those that did."""
    mine = Listing.objects.filter(community=lease.community)
    held = set(mine.filter(blocked=Block.MATCH).values_list("pk", flat=True))
    changes = ((held - asked, (Block.MATCH,), Block.NONE), (asked - held, CREATABLE, Block.MATCH))
    for keys, before, after in changes:
        for some in batched(sorted(keys), BATCH):
            lease.write(mine.filter(pk__in=some, blocked__in=before, vk_item_id=None), blocked=after)
