"""Pictures for what is about to be sent: uploaded, and their ids committed, before a call names them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from connections.clients.vk_errors import OF_ACCOUNT, error_for
from connections.models import EvotorConnection
from evosync.base import clock

from . import calls, photos
from .market import Market
from .models import Listing
from .plan import Change, next_step
from .reasons import Lane

PICTURE_PAUSE = timedelta(minutes=10)
# When a picture of Evotor that could not be had is asked for again.
PICTURE_AGAIN = timedelta(hours=1)


@dataclass(slots=True)
class Pictures:
    """The pictures of one round of sending."""

    market: Market
    card_color: str
    # Listings whose picture of Evotor could not be had this time.
    lacking: set[int] = field(default_factory=set)
    _fetch: photos.Fetch | None = None

    def without(self, listing: Listing, change: Change) -> Change | None:
        """The change without a picture that cannot be had now: it holds up nothing else of this listing."""
        if listing.pk not in self.lacking or next_step(change).lane != Lane.PHOTO:
            return change
        change = replace(change, after=replace(change.after, photo=change.before.photo))
        if change.fields:
            return change
        Listing.objects.filter(pk=listing.pk).update(due_at=clock.now() + PICTURE_AGAIN)
        return None

    def upload(self, due: Sequence[tuple[Listing, Change]], second: set[int]) -> list[tuple[Listing, Change]]:
        """Upload what the next calls name; those of `due` that can go on. A `second` add keeps its first picture."""
        missing = [pair for pair in due if pair[0].pk not in second and calls.needs_picture(*pair)]
        if not missing:
            return list(due)
        wishes = [self._wish(listing, change) for listing, change in missing]
        outcomes = photos.prepare(self.market.client, self.market.community, wishes, fetch=self._fetcher())
        for outcome in outcomes:
            if isinstance(outcome, photos.Failed) and outcome.code in OF_ACCOUNT:
                # No address is given to this account at all: that is about no picture.
                raise error_for(outcome.code, outcome.message, "market.getProductPhotoUploadServer")
        for (listing, change), outcome in zip(missing, outcomes, strict=True):
            self._keep(listing, change, outcome)
        stopped = {outcome.listing_id for outcome in outcomes if not isinstance(outcome, photos.Uploaded)}
        return [pair for pair in due if pair[0].pk not in stopped]

    def _wish(self, listing: Listing, change: Change) -> photos.PhotoWish:
        return photos.PhotoWish(
            listing_id=listing.pk,
            name=change.after.name,
            photo=change.after.photo,
            image_url=listing.source.product.image_url,
            color=self.card_color,
            stand_in=listing.vk_item_id is None,
        )

    def _keep(self, listing: Listing, change: Change, outcome) -> None:
        match outcome:
            case photos.Uploaded(photo_id=photo_id, source=source):
                listing.photo_id, listing.photo_source = photo_id, source
                listing.save(update_fields=["photo_id", "photo_source"])
                if source != change.after.photo:
                    self.lacking.add(listing.pk)
            case photos.Kept():
                self.lacking.add(listing.pk)
            case photos.Failed(code=code, message=message):
                listing.error_code, listing.error_text = code, message[:500]
                listing.due_at = clock.now() + PICTURE_PAUSE
                listing.save(update_fields=["error_code", "error_text", "due_at"])

    def _fetcher(self) -> photos.Fetch:
        """What fetches Evotor's pictures, with the token of the merchant's till."""
        if self._fetch is None:
            till = EvotorConnection.objects.filter(user__vk__community=self.market.community).first()
            self._fetch = photos.fetcher(till.access_token if till else "")
        return self._fetch
