"""What a merchant says of items made by hand that look like products («Сопоставить»): the deeds behind the buttons.

Only rows that nobody has answered yet are answered: a second click, or a form that is older than another answer,
changes nothing. The next round does what was said (`matching.follow`).
"""

from collections import Counter
from itertools import batched

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from connections.models import Community
from evosync.base import clock
from evosync.base.upsert import BATCH

from . import choosing
from .models import ListingSource, Match

OPEN, TAKE, LEAVE = Match.Answer.OPEN, Match.Answer.TAKE, Match.Answer.LEAVE


def open_ones(community: Community) -> QuerySet[Match]:
    """The pairs that nobody has said anything of yet."""
    return Match.objects.filter(community=community).asked()


def say(community: Community, rows: QuerySet[Match], answer: str) -> int:
    """Answer those of the rows that are open; how many. `rows`: of this community's.

    A product becomes one item: taken at once with others that it is like too, none of them is.
    """
    with transaction.atomic():
        # One answer at a time: two at once could take two items for one product.
        Community.objects.select_for_update().get(pk=community.pk)
        asked = open_ones(community).filter(pk__in=rows.values("pk"))
        chosen = list(asked.order_by("pk").values_list("pk", "product"))
        if answer == TAKE:
            times = Counter(product for _pk, product in chosen)
            chosen = [(pk, product) for pk, product in chosen if times[product] == 1]
        for some in batched(chosen, BATCH):
            told = Match.objects.filter(pk__in=[pk for pk, _product in some], answer=OPEN)
            told.update(answer=answer, answered_at=clock.now())
        if chosen:
            choosing.request(community, [product for _pk, product in chosen] if len(chosen) <= BATCH else ())
    return len(chosen)


def undecided(community: Community) -> QuerySet[Match]:
    """What was answered and not carried out yet: it can still be answered otherwise."""
    made = Q(listing__vk_item_id__isnull=False) | Q(listing__unsettled_since__isnull=False)
    carried_out = ListingSource.objects.filter(made, community=community, product=OuterRef("product"))
    return Match.objects.filter(~Exists(carried_out), community=community, answer__in=(TAKE, LEAVE))


def ask_again(community: Community) -> int:
    """Take back the answers that nothing has followed from yet."""
    with transaction.atomic():
        count = undecided(community).update(answer=OPEN, answered_at=None)
        if count:
            choosing.request(community)
    return count
