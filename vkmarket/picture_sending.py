"""Pictures for what is about to be sent: uploaded, and their ids committed, before a call names them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.db import transaction

from connections.clients.vk_calls import MOST_CALLS
from connections.clients.vk_errors import OF_ACCOUNT, error_for
from connections.models import EvotorConnection
from evosync.base import clock
from evosync.base.upsert import retry_deadlocks

from . import calls, photos, uploading
from .leasing import Held
from .market import Market
from .models import Listing
from .plan import Change, next_step
from .reasons import Lane
from .rules import CARD
from .studio import Card, Studio

# Beside a batch, so many listings have their pictures uploaded: with it, as many as cost two requests. Of those that
# come after them the cards are drawn meanwhile.
AHEAD = uploading.MOST - MOST_CALLS
LOOKED_AT = AHEAD + uploading.MOST
PICTURE_PAUSE = timedelta(minutes=10)
# When a picture of Evotor that could not be had is asked for again.
PICTURE_AGAIN = timedelta(hours=1)

Due = Sequence[tuple[Listing, Change]]


@dataclass(slots=True)
class Pictures:
    """The pictures of one round of sending."""

    market: Market
    card_color: str
    # Listings whose picture of Evotor could not be had this time.
    lacking: set[int] = field(default_factory=set)
    _fetch: photos.Fetch | None = None
    # How this community takes pictures.
    _manner: uploading.Manner = field(default_factory=uploading.Manner)
    _studio: Studio = field(default_factory=Studio)

    def without(self, listing: Listing, change: Change) -> Change | None:
        """The change without a picture that cannot be had now: it holds up nothing else of this listing."""
        if change.before is None or listing.pk not in self.lacking or next_step(change).lane != Lane.PHOTO:
            return change
        change = replace(change, after=replace(change.after, photo=change.before.photo))
        if change.fields:
            return change
        Listing.objects.filter(pk=listing.pk).update(due_at=clock.now() + PICTURE_AGAIN)
        return None

    def upload(self, due: Due, second: set[int], ahead: Callable[[], Due], lease: Held) -> list[tuple[Listing, Change]]:
        """Upload what the next calls name; those of `due` that can go on. A `second` add keeps its first picture.

        If anything is missing, the pictures of those `ahead` are uploaded with it: together they cost fewer requests.
        """
        missing = self._missing(due, second)
        if not missing:
            return list(due)
        later = list(ahead())
        not_yet = self._missing(later, calls.second_tries([listing.pk for listing, _change in later]))
        missing, not_yet = missing + not_yet[:AHEAD], not_yet[AHEAD:]
        wishes = [self._wish(listing, change) for listing, change in missing]
        outcomes = uploading.prepare(
            self.market.client,
            self.market.community,
            wishes,
            fetch=self._fetcher(),
            draw=self._studio.draw,
            manner=self._manner,
        )
        self._studio.begin(self._cards(not_yet))
        self._keep_all(missing, outcomes, lease)
        stopped = {outcome.listing_id for outcome in outcomes if not isinstance(outcome, uploading.Uploaded)}
        return [pair for pair in due if pair[0].pk not in stopped]

    def _cards(self, due: Due) -> list[Card]:
        """The cards of what will be uploaded the next time, each for the place that it will have."""
        wishes = [self._wish(listing, change) for listing, change in due]
        in_bulk = self._manner.in_bulk and len(wishes) > MOST_CALLS
        return [
            (wish.name, wish.color, number % uploading.BULK if in_bulk else None)
            for number, wish in enumerate(wishes)
            if wish.photo.startswith(CARD)
        ]

    def _missing(self, due: Due, second: set[int]) -> list[tuple[Listing, Change]]:
        return [
            (listing, change)
            for listing, change in due
            if listing.pk not in second and calls.needs_picture(listing, change) and not self._stands_in(listing)
        ]

    def _stands_in(self, listing: Listing) -> bool:
        """Was a card uploaded this round for an item still to be added, because Evotor's picture could not be had?"""
        return listing.pk in self.lacking and listing.vk_item_id is None and listing.photo_id is not None

    def _keep_all(self, missing: Due, outcomes: Sequence[uploading.Outcome], lease: Held) -> None:
        """Keep what came of it, as the holder of the lease: another worker may have uploaded a picture since."""
        trouble = next((o for o in outcomes if isinstance(o, uploading.Failed) and o.code in OF_ACCOUNT), None)

        def write():
            with transaction.atomic():
                lease.renew()
                for (listing, change), outcome in zip(missing, outcomes, strict=True):
                    if not (trouble and isinstance(outcome, uploading.Failed)):
                        self._keep(listing, change, outcome)

        retry_deadlocks(write)
        if trouble:
            # No address is given to this account at all: that is about no picture.
            raise error_for(trouble.code, trouble.message, "market.getProductPhotoUploadServer")

    def _wish(self, listing: Listing, change: Change) -> photos.PhotoWish:
        return photos.PhotoWish(
            listing_id=listing.pk,
            name=change.after.name,
            photo=change.after.photo,
            image_url=listing.source.product.image_url,
            color=self.card_color,
            stand_in=listing.vk_item_id is None,
        )

    def _keep(self, listing: Listing, change: Change, outcome: uploading.Outcome) -> None:
        match outcome:
            case uploading.Uploaded(photo_id=photo_id, source=source):
                listing.photo_id, listing.photo_source = photo_id, source
                listing.save(update_fields=["photo_id", "photo_source"])
                if source != change.after.photo:
                    self.lacking.add(listing.pk)
            case uploading.Kept():
                self.lacking.add(listing.pk)
            case uploading.Failed(code=code, message=message):
                listing.error_code, listing.error_text = code, message[:500]
                listing.due_at = clock.now() + PICTURE_PAUSE
                listing.save(update_fields=["error_code", "error_text", "due_at"])

    def _fetcher(self) -> photos.Fetch:
        """What fetches Evotor's pictures, with the token of the merchant's till."""
        if self._fetch is None:
            till = EvotorConnection.objects.filter(user__vk__community=self.market.community).first()
            self._fetch = photos.fetcher(till.access_token if till else "")
        return self._fetch
