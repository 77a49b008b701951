"""What the figures count listings by, as bits of one number: an index over it is all that counting has to read."""

from enum import IntFlag

from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThan


class Tally(IntFlag):
    """What is true of a listing."""

    # Something is to be sent.
    DUE = 1
    # It has its item in VK.
    BOUND = 2
    # A read has shown that item as it was sent, or what is different of it.
    READ = 4
    # VK has not answered whether it was added.
    OPEN = 8
    # A person wants what a guard holds back of it left as it is.
    LEFT = 16
    # VK shows something else than it accepted.
    DRIFT = 32
    # A buyer can see and buy it.
    SHOWN = 64


DECLINED = Q(declined_hash=F("wanted_hash")) & ~Q(declined_hash="")
# An empty list is "[]".
HAS_DRIFT = GreaterThan(Length("drift"), 2)
CONDITIONS = {
    Tally.DUE: Q(lane__isnull=False),
    Tally.BOUND: Q(vk_item_id__isnull=False),
    Tally.READ: Q(confirmed_at__isnull=False),
    Tally.OPEN: Q(unsettled_since__isnull=False),
    Tally.LEFT: DECLINED,
    Tally.DRIFT: Q(has_drift=True),
    Tally.SHOWN: Q(shown=True),
}


def tally_field() -> models.GeneratedField:
    # One generated column cannot be made from another.
    conditions = CONDITIONS | {Tally.DRIFT: Q(HAS_DRIFT)}
    bits = [Case(When(condition, then=int(bit)), default=0) for bit, condition in conditions.items()]
    return models.GeneratedField(
        expression=sum(bits[1:], bits[0]), output_field=models.PositiveSmallIntegerField(), db_persist=True
    )
