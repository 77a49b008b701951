"""What a merchant says of items made by hand that look like products («Сопоставить»): the deeds behind the buttons.

Each is one UPDATE of rows that nobody has answered yet: a second click, or a form that is older than another answer,
changes nothing. The next round does what was said (`matching.follow`).
"""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from connections.models import Community
from evosync.base import clock
from evosync.base.upsert import BATCH

from .models import ListingSource, Match
from .publishing import request_run

OPEN, TAKE, LEAVE = Match.Answer.OPEN, Match.Answer.TAKE, Match.Answer.LEAVE


def open_ones(community: Community) -> QuerySet[Match]:
    """The pairs that nobody has said anything of yet."""
    return Match.objects.filter(community=community, answer=OPEN)


def say(community: Community, rows: QuerySet[Match], answer: str) -> int:
    """Answer those of the rows that are open; how many. `rows`: of this community's."""
    with transaction.atomic():
        asked = rows.filter(community=community, answer=OPEN)
        products = list(asked.values_list("product", flat=True)[: BATCH + 1])
        count = asked.update(answer=answer, answered_at=clock.now())
        if count:
            request_run(community, products if len(products) <= BATCH else ())
    return count


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
            request_run(community)
    return count
