"""What we show: which item of VK stands for which product, and which album for which group."""

import hashlib
from dataclasses import replace
from datetime import datetime

from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from catalog.models import CachedGroup, CachedProduct, CachedStore
from connections.models import Community
from evosync.base.fields import PlainJSON

from ..items import Item
from ..plan import Change, Wish, change, next_step
from ..reasons import Block, Lane, Reason
from .mirror import OfCommunityQuerySet
from .tallying import HAS_DRIFT, tally_field

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MARK = "ES"
# What our marks look like, for the database.
MARKED = rf"^{MARK}[{CROCKFORD}]{{10}}$"


def derive_sku(group_id: int, store_id: str, product_id: str) -> str:
    """Our mark on an item: "ES" and 10 characters of Crockford base32, the same for ever for these ids."""
    digest = hashlib.blake2b(f"{group_id}\0{store_id}\0{product_id}".encode(), digest_size=7).digest()
    number = int.from_bytes(digest) >> 6
    return MARK + "".join(CROCKFORD[number >> shift & 31] for shift in range(45, -1, -5))


# It is not in VK, and no add of it has been lost.
_ADD = models.Q(lane=Lane.NEW, vk_item_id=None, unsettled_since=None)


class ListingQuerySet(OfCommunityQuerySet):
    """Listings by where they stand; each condition says once what it means."""

    def due(self, at: datetime):
        """Listings with something to send now."""
        ready = models.Q(due_at=None) | models.Q(due_at__lte=at)
        return self.filter(ready, lane__isnull=False, blocked="", unsettled_since=None, twin_check_at=None)

    def adds(self):
        """Those whose next call is an add: `Listing.is_add`."""
        return self.filter(_ADD)

    def no_adds(self):
        """All others."""
        return self.exclude(_ADD)

    def bound(self):
        """Those that an item in VK stands for, hidden or not."""
        return self.filter(vk_item_id__isnull=False)

    def in_vk(self, community: Community | int, *, hidden_too: bool = False):
        """What a community has of ours and does not hide, sold out or not; `hidden_too`: all that it has."""
        rows = self.filter(community=community).bound().exclude(blocked=Block.DELETED_IN_VK)
        return rows.filter(sent__isnull=False) if hidden_too else rows.filter(visible=True)

    def place(self):
        """Write down the stores of their sources, after these have changed."""
        source = ListingSource.objects.filter(listing=models.OuterRef("pk"))
        self.update(store=models.Subquery(source.values("product__store")[:1]))


class Listing(models.Model):
    """One thing on the showcase: what we want it to be, what VK accepted, what VK showed."""

    community = models.ForeignKey(Community, models.PROTECT, related_name="listings")
    # Where its source is sold: the source's own store once more, so that counting goods by store joins nothing.
    store = models.ForeignKey(
        CachedStore, models.SET_NULL, null=True, editable=False, related_name="+", db_index=False, db_constraint=False
    )
    sku = models.CharField(_("наш знак"), max_length=50)
    vk_item_id = models.BigIntegerField(_("товар ВК"), null=True, blank=True)

    # What the rules last said: an Item as JSON, or NULL while there never was one to show.
    wanted = models.JSONField(encoder=PlainJSON, null=True, blank=True)
    wanted_rev = models.PositiveIntegerField(default=0)
    wanted_hash = models.CharField(max_length=32, blank=True)
    # The merchant opted in to deleting what left the till; else it is hidden.
    wanted_delete = models.BooleanField(default=False)
    hold = models.CharField(_("почему не публикуется"), max_length=32, choices=Reason, blank=True, default="")
    # The Item that VK last accepted from us, and what a read showed where that differs.
    sent = models.JSONField(encoder=PlainJSON, null=True, blank=True)
    seen = models.JSONField(encoder=PlainJSON, null=True, blank=True)

    # An uploaded picture that waits for its item or is on it, and what it was made from.
    photo_id = models.BigIntegerField(null=True, blank=True)
    photo_source = models.CharField(max_length=80, blank=True)

    lane = models.PositiveSmallIntegerField(_("очередь"), choices=Lane, null=True, blank=True)
    due_at = models.DateTimeField(_("не раньше"), null=True, blank=True)
    blocked = models.CharField(_("почему не отправляется"), max_length=32, choices=Block, blank=True, default="")
    # The wish that a person has seen and allowed, whatever the guards say of it.
    approved_hash = models.CharField(max_length=32, blank=True)
    # The wish that guards hold back and that a person does not want: it stays back, and nobody is asked again.
    declined_hash = models.CharField(max_length=32, blank=True, default="")
    error_code = models.IntegerField(_("код ВК"), null=True, blank=True)
    error_text = models.CharField(_("ответ ВК"), max_length=500, blank=True)

    # A buyer sees it and can buy it, as far as VK has accepted.
    shown = models.BooleanField(_("на витрине"), default=False)
    # It is not hidden, as far as VK has accepted; sold out it may be.
    visible = models.GeneratedField(
        expression=Coalesce(Exact(KeyTextTransform("visible", "sent"), models.Value("true")), models.Value(False)),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    # An add whose outcome is not known yet: since when, and nothing else is sent meanwhile.
    unsettled_since = models.DateTimeField(_("ответ ВК неизвестен с"), null=True, blank=True)
    # A second add stays hidden until a complete read begun after this moment shows that it is the only one.
    twin_check_at = models.DateTimeField(null=True, blank=True)
    written_at = models.DateTimeField(_("отправлен"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("подтверждён в ВК"), null=True, blank=True)
    # Price or stock that VK showed otherwise was sent once more; what differs after that is told.
    corrected_at = models.DateTimeField(null=True, blank=True)
    # Names of the fields in which VK shows something else than it accepted.
    drift = models.JSONField(_("расходится"), encoder=PlainJSON, default=list, blank=True)
    # The same as a column that an index may hold.
    has_drift = models.GeneratedField(expression=HAS_DRIFT, output_field=models.BooleanField(), db_persist=True)
    tally = tally_field()

    # Where a person took what VK shows for right: field -> [what we had sent, what VK showed]. While both stay so it
    # is no drift.
    accepted = models.JSONField(encoder=PlainJSON, default=dict, blank=True, editable=False)

    objects = ListingQuerySet.as_manager()

    class Meta:
        db_table = "listings"
        constraints = [
            models.UniqueConstraint(fields=["community", "sku"], name="one_sku"),
            models.UniqueConstraint(fields=["community", "vk_item_id"], name="one_listing_an_item"),
        ]
        indexes = [
            # Covers the list of what waits.
            models.Index(fields=["community", "lane", "due_at", "blocked", "hold"], name="listing_due"),
            models.Index(fields=["community", "shown"], name="listing_shown"),
            # Covers the count of what stands in VK.
            models.Index(fields=["community", "visible", "blocked", "vk_item_id"], name="listing_in_vk"),
            models.Index(fields=["community", "blocked"], name="listing_blocked"),
            models.Index(fields=["community", "has_drift"], name="listing_drift"),
            # Covers all that `vkmarket.figures` counts by, in its order.
            models.Index(fields=["community", "hold", "blocked", "store", "tally"], name="listing_figures"),
        ]
        verbose_name = _("публикация")
        verbose_name_plural = _("публикации")

    def __str__(self) -> str:
        return self.sku

    @property
    def product(self) -> CachedProduct | None:
        """The product that it shows, None where it has no source."""
        source = getattr(self, "source", None)
        return source.product if source else None

    @property
    def is_approved(self) -> bool:
        """Has a person allowed this very wish?"""
        return bool(self.approved_hash) and self.approved_hash == self.wanted_hash

    @property
    def is_left(self) -> bool:
        """Does a person want what a guard holds back of it left as it is?"""
        return bool(self.declined_hash) and self.declined_hash == self.wanted_hash

    @property
    def is_add(self) -> bool:
        """Is its next call one that makes an item?"""
        return self.lane == Lane.NEW and self.vk_item_id is None and self.unsettled_since is None

    def wish(self) -> Wish:
        """What it is to be in VK, as the rules last said, or the merchant, who wanted everything out."""
        sent = self.existing()
        if self.hold == Reason.REMOVED and sent:
            # Only the eye is shut: what the rules said stays, and is looked at again when it may come back.
            return Wish(replace(sent, visible=False), self.hold, delete=self.wanted_delete)
        wanted = Item.from_json(self.wanted) if self.wanted else None
        return Wish(wanted, self.hold, delete=self.wanted_delete)

    def existing(self) -> Item | None:
        """What VK last accepted from us, None where it is not in VK. Not what VK shows: that is `seen`."""
        return Item.from_json(self.sent) if self.sent else None

    def change(self) -> Change | None:
        """What this listing needs now, None where VK has its wish."""
        return change(self.pk, self.wish(), self.existing())

    def plan_lane(self) -> None:
        """Put it into the lane of its next call, or out of all lanes."""
        due = self.change()
        self.lane = next_step(due).lane if due else None

    @property
    def item_id(self) -> int:
        """The item that it is bound to, where it is bound to one."""
        if self.vk_item_id is None:
            raise ValueError(f"{self} has no item")
        return self.vk_item_id

    def amend(self, **fields) -> None:
        """What VK has accepted is known to be otherwise in these fields."""
        self.sent = (self.sent or {}) | fields

    def leave_item(self) -> None:
        """Its item is gone from VK: another can be made."""
        self.vk_item_id, self.sent, self.seen, self.drift = None, None, None, []
        self.photo_id, self.photo_source, self.shown = None, "", False
        self.written_at = self.confirmed_at = self.due_at = None
        self.blocked, self.error_code, self.error_text, self.accepted = "", None, "", {}

    def forget(self) -> None:
        """Nobody who has the community now wishes it or owns its item: the mark alone stays."""
        self.leave_item()
        self.wanted, self.wanted_hash, self.wanted_delete, self.hold, self.lane = None, "", False, "", None
        self.approved_hash, self.declined_hash, self.corrected_at, self.twin_check_at = "", "", None, None

    def take(self, sent: dict, at: datetime) -> None:
        """VK has accepted `sent`: that is not confirmed yet, and no older error speaks of it."""
        self.sent = sent
        self.shown = sent["visible"] and sent["stock"] != 0
        self.written_at, self.confirmed_at, self.drift, self.seen = at, None, [], None
        self.due_at, self.error_code, self.error_text = None, None, ""


class ListingSource(models.Model):
    """Which product a listing shows. Only a rebind changes it."""

    listing = models.OneToOneField(Listing, models.PROTECT, related_name="source")
    # The listing's: a merchant who takes another community has the same products there once more.
    community = models.ForeignKey(Community, models.PROTECT, related_name="+")
    product = models.ForeignKey(CachedProduct, models.PROTECT, related_name="listing_sources")
    # A person said that this product is none of those that are gone: it is never given the listing of one.
    is_new = models.BooleanField(default=False, editable=False)
    # What the stored wish was made from (`vkmarket.basis`); '': to be judged again.
    basis = models.CharField(max_length=32, blank=True, default="", editable=False)
    context = models.CharField(max_length=32, blank=True, default="", editable=False)

    class Meta:
        db_table = "listing_sources"
        constraints = [models.UniqueConstraint(fields=["community", "product"], name="one_source")]
        verbose_name = _("источник публикации")
        verbose_name_plural = _("источники публикаций")

    def __str__(self) -> str:
        return f"{self.listing} ← {self.product}"


class AlbumListing(models.Model):
    """The VK album that shows a product group."""

    community = models.ForeignKey(Community, models.PROTECT, related_name="album_listings")
    group = models.ForeignKey(CachedGroup, models.PROTECT, related_name="album_listings")
    title = models.CharField(_("название"), max_length=128)
    sent_title = models.CharField(max_length=128, blank=True)
    album_id = models.BigIntegerField(_("подборка ВК"), null=True, blank=True)
    # Found in VK under our title: used, but never renamed or deleted.
    adopted = models.BooleanField(_("найдена в ВК"), default=False)
    due_at = models.DateTimeField(_("не раньше"), null=True, blank=True)
    blocked = models.CharField(max_length=32, choices=Block, blank=True, default="")
    error_code = models.IntegerField(_("код ВК"), null=True, blank=True)
    error_text = models.CharField(_("ответ ВК"), max_length=500, blank=True)

    objects = OfCommunityQuerySet.as_manager()

    class Meta:
        db_table = "album_listings"
        constraints = [
            models.UniqueConstraint(fields=["community", "group"], name="one_group_album"),
            models.UniqueConstraint(fields=["community", "album_id"], name="one_album_listing"),
        ]
        verbose_name = _("публикация группы")
        verbose_name_plural = _("публикации групп")

    def __str__(self) -> str:
        return self.title
