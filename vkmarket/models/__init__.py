from .listings import MARK, MARKED, AlbumListing, Listing, ListingSource, derive_sku
from .matches import Match
from .mirror import OfCommunityQuerySet, VkAlbumPlace, VkCachedAlbum, VkCachedProduct, VkCategory
from .removals import Removal
from .runs import INTERRUPTED, OUTDATED, STOPPED, Attempt, Lease, SyncRun, SyncRunQuerySet
from .tallying import CONDITIONS, DECLINED, Tally

__all__ = [
    "CONDITIONS",
    "DECLINED",
    "INTERRUPTED",
    "MARK",
    "MARKED",
    "OUTDATED",
    "STOPPED",
    "AlbumListing",
    "Attempt",
    "Lease",
    "Listing",
    "ListingSource",
    "Match",
    "OfCommunityQuerySet",
    "Removal",
    "SyncRun",
    "SyncRunQuerySet",
    "Tally",
    "VkAlbumPlace",
    "VkCachedAlbum",
    "VkCachedProduct",
    "VkCategory",
    "derive_sku",
]
