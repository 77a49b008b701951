"""From a listing's next step to the call that takes it, and the attempts that the call is kept as."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import batched

from connections.clients import vk

from .intentions import Intention
from .items import Item
from .models import Attempt, Listing, SyncRun
from .plan import Change, Kind, Step, next_step
from .reasons import Lane

ITEMS_AN_ALBUM_CALL = 25
KINDS = {
    Kind.CREATE: Attempt.Kind.CREATE,
    Kind.UPDATE: Attempt.Kind.UPDATE,
    Kind.HIDE: Attempt.Kind.HIDE,
    Kind.UNHIDE: Attempt.Kind.UNHIDE,
    Kind.DELETE: Attempt.Kind.DELETE,
}


def second_tries(listing_ids: Iterable[int]) -> set[int]:
    """Listings of which an add was proven absent: the next one keeps the picture and starts hidden."""
    tried = Attempt.objects.filter(
        listing_id__in=list(listing_ids),
        # Without a picture it starts anew: it was deleted since.
        listing__photo_id__isnull=False,
        kind=Attempt.Kind.CREATE,
        state=Attempt.State.ABSENT,
    )
    return set(tried.values_list("listing_id", flat=True))


def needs_picture(listing: Listing, change: Change) -> bool:
    """Does the next call name a picture that is not uploaded yet?"""
    named = "photo" in next_step(change).fields
    return named and (listing.photo_id is None or listing.photo_source != change.after.photo)


@dataclass(slots=True)
class CallMaker:
    """Makes the calls of one batch. `albums` are the VK albums of the album rows that are ready."""

    owner_id: int
    run: SyncRun
    second: set[int]
    albums: dict[int, int]
    singly: set[int]

    def intentions(self, due: Iterable[tuple[Listing, Change]]) -> list[Intention]:
        """A call for the next step of each, with its attempts. Nothing is stored yet: `vkmarket.intentions.commit`.

        Goods of one album share a call, except those that VK takes only one by one (`singly`). A listing whose step
        names a picture must have it uploaded (`needs_picture`).
        """
        made: list[Intention] = []
        shared: dict[tuple[int, int | None], list[Listing]] = {}
        for listing, change in due:
            step = next_step(change)
            if step.lane != Lane.ALBUM:
                made.append(self._alone(listing, change, step))
            elif change.lies_in is not None:
                made.append(self._out_of_album(listing, change.lies_in))
            elif change.after.album is not None:
                alone = listing.pk if listing.pk in self.singly else None
                shared.setdefault((change.after.album, alone), []).append(listing)
        for (album, _alone), listings in shared.items():
            made += [self._into_album(album, some) for some in batched(listings, ITEMS_AN_ALBUM_CALL)]
        return made

    def _alone(self, listing: Listing, change: Change, step: Step) -> Intention:
        if change.before is None:
            return self._create(listing, change.after)
        kind, after = KINDS[change.kind], change.after
        if step.lane == Lane.PHOTO:
            kind = Attempt.Kind.PHOTO
        if change.kind == Kind.DELETE:
            call = vk.delete_item(self.owner_id, listing.item_id)
        else:
            call = vk.edit_item(self.owner_id, listing.item_id, **_params(after, step.fields, listing))
        attempt = self._attempt(kind, listing, _some(change.before, step.fields), _some(after, step.fields))
        if step.lane not in (Lane.PHOTO, Lane.ALBUM) and not listing.is_approved:
            attempt.alarm = change.alarm
        return Intention(call, [attempt])

    def _create(self, listing: Listing, wanted: Item) -> Intention:
        after = replace(wanted, photo=listing.photo_source, album=None, visible=listing.pk not in self.second)
        fields = ["name", "description", "category_id", "price", "stock", "photo", "marked"]
        if not after.visible:
            fields.append("visible")
        call = vk.add_item(self.owner_id, **_params(after, fields, listing))
        attempt = self._attempt(Attempt.Kind.CREATE, listing, {}, after.to_json())
        return Intention(call, [attempt])

    def _into_album(self, album: int, listings: tuple[Listing, ...]) -> Intention:
        items = [listing.item_id for listing in listings]
        call = vk.add_to_album(self.owner_id, items, [self.albums[album]])
        kind, after = Attempt.Kind.ALBUM_ADD, {"album": album}
        return Intention(call, [self._attempt(kind, listing, {"album": None}, after) for listing in listings])

    def _out_of_album(self, listing: Listing, album: int) -> Intention:
        call = vk.remove_from_album(self.owner_id, listing.item_id, [self.albums[album]])
        before = {"album": album}
        return Intention(call, [self._attempt(Attempt.Kind.ALBUM_REMOVE, listing, before, {"album": None})])

    def _attempt(self, kind: str, listing: Listing, before: dict, after: dict) -> Attempt:
        return Attempt(kind=kind, listing=listing, run=self.run, before=before, after=after)


def _some(item: Item, fields: Iterable[str]) -> dict:
    told = item.to_json()
    return {name: told[name] for name in fields}


def _params(item: Item, fields: Iterable[str], listing: Listing) -> dict:
    """Item's fields in VK's words."""
    words = {
        "name": ("name", item.name),
        "description": ("description", item.description),
        "category_id": ("category_id", item.category_id),
        "price": ("price", item.price),
        "stock": ("stock_amount", item.stock),
        "visible": ("deleted", 0 if item.visible else 1),
        "photo": ("main_photo_id", listing.photo_id),
        "marked": ("sku", listing.sku),
    }
    return dict(words[name] for name in fields)
