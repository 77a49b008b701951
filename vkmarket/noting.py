"""Keep, beside a listing's source, what its stored wish was made from (`vkmarket.basis`)."""

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from itertools import batched

from django.db import transaction

from connections.models import Community
from evosync.base.upsert import BATCH, retry_deadlocks, upsert

from .leasing import Held
from .models import ListingSource

# So many get another context at once: one narrow column that nobody else writes or waits for takes no longer than BATCH
# of whole rows, and most of the time of a small transaction is its end.
MOVED = 20 * BATCH
# Listing, product, basis, context.
Basis = tuple[int, int, str, str]


def note(bases: Mapping[int, tuple[int, str, str]], contexts: Mapping[str, Collection[int]], lease: Held) -> None:
    """Of wishes that stay as they are: listing, basis and context by product, and products by their new context."""
    community = lease.community
    noted = [(listing, product, basis, context) for product, (listing, basis, context) in bases.items()]
    jobs = [partial(keep, community, batch) for batch in batched(noted, BATCH)]
    # By product, not by context: neighbours in the table are written together, and each of its pages but once.
    moved = sorted((product, context) for context, products in contexts.items() for product in products)
    jobs += [partial(_move, community, batch) for batch in batched(moved, MOVED)]
    for job in jobs:

        def write(job=job):
            with transaction.atomic():
                lease.renew()
                job()

        retry_deadlocks(write)


def keep(community: Community, noted: Iterable[Basis]) -> None:
    """Inside the transaction that stores the wishes."""
    upsert(ListingSource, sources(community, noted), unique=["community", "product"], fields=["basis", "context"])


def sources(community: Community, noted: Iterable[Basis]) -> list[ListingSource]:
    """As rows, which are not saved."""
    names = ("listing_id", "product_id", "basis", "context")
    return [ListingSource(community=community, **dict(zip(names, row, strict=True))) for row in noted]


def _move(community: Community, moved: Iterable[tuple[int, str]]) -> None:
    """Inside a transaction: give each of these products its new context."""
    by_context: dict[str, set[int]] = {}
    for product, context in moved:
        by_context.setdefault(context, set()).add(product)
    mine = ListingSource.objects.filter(community=community)
    for context, products in by_context.items():
        mine.filter(product__among=products).update(context=context)
