"""What the rules are told of a product: the mirror's rows and the merchant's choices as plain data."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter, itemgetter

from django.conf import settings
from django.db.models import SmallIntegerField, TextField
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from catalog.choices import INHERIT, PRODUCT, Choices
from catalog.groups import GroupTree
from catalog.models import CachedProduct, CachedStore, SyncConfig, SyncFilter
from evosync.base.paging import with_keys

from . import categories
from .basis import BESIDE_HASH, Glance, context_of
from .rules import Facts, Settings

# What a row is made into by the database's own kinds costs as much as the verdict on it: these are read as text, and
# as numbers where a truth is asked for (small ones: larger ones Django makes numbers of once more). Of `barcodes` and
# `absent_since` whoever needs them makes what it needs.
TEXTS = ("price", "quantity", "attributes_choices", "barcodes", "absent_since")
TRUTHS = ("allow_to_sell", "has_alcohol_fields", "is_excisable", "is_age_limited", "absent_proven")
PLAIN = (
    "pk",
    "evotor_id",
    "parent_id",
    "name",
    "type",
    "measure_name",
    "description",
    "article_number",
    "code",
    "image_url",
    "own_text",
    "own_picture",
)
PRODUCT_COLUMNS = (*PLAIN, *TEXTS, *TRUTHS)
_READ: tuple[str | Combinable, ...] = (
    *PLAIN,
    *(Cast(name, TextField()) for name in TEXTS),
    *(Cast(name, SmallIntegerField()) for name in TRUTHS),
    "hash",
)
# Columns in which a row tells its glance that it has not changed since.
SAID = ("hash", *BESIDE_HASH)
_SAID_NOW, _GLANCED = itemgetter(*SAID), attrgetter(*SAID)
_NAMES = (*PRODUCT_COLUMNS, "hash")


@dataclass(frozen=True, slots=True)
class GroupView:
    """What a product takes from the group it lies in."""

    # Are its goods published where nothing says otherwise?
    on: bool
    chain: tuple[str, ...]
    name: str
    path: str
    category_id: int | None
    album: int | None
    picture: str
    attributes: list


class StoreView:
    """One store's tree, albums and state, asked once for each group."""

    def __init__(
        self,
        store: CachedStore,
        choices: Choices,
        albums: dict[str, int],
        now: datetime,
        rules: Settings,
        *also: object,
        tree: GroupTree | None = None,
    ):
        """`also`: what the verdicts of the caller depend on beside `rules`. `tree`: as much as is asked for."""
        self.store, self._choices, self._albums = store, choices, albums
        # A set has no order that one could rely on.
        self._rules = (replace(rules, categories=None), sorted(rules.categories or ()), also)
        self._on = choices.store_on(store.evotor_id)
        self._contexts: dict[tuple[str, bool], str] = {}
        self.tree = GroupTree.of(store) if tree is None else tree
        self._groups: dict[str, GroupView] = {}
        waiting = timedelta(hours=settings.STORE_STALE_HOURS)
        self.stale = bool(store.unreadable_since and now - store.unreadable_since > waiting)
        # It may come back whole, with another account: what it holds is hidden, and never deleted.
        self.gone = store.absent_since is not None

    def group(self, parent_id: str) -> GroupView:
        """What lies in this group has of it: the choice, the category, the album. '' and a group that is not there:
        of the store alone."""
        if parent_id not in self._groups:
            chain = self.tree.chain(parent_id)
            nearest = chain[0] if chain else ""
            path = self.tree.path(nearest) if nearest else ()
            album_group = self.tree.album_group(parent_id)
            self._groups[parent_id] = GroupView(
                on=self._choices.group_on(self.store.evotor_id, chain),
                chain=chain,
                name=path[-1] if path else "",
                path=" / ".join(path),
                category_id=self.tree.category(nearest) if nearest else None,
                album=self._albums.get(album_group) if album_group else None,
                picture=self.tree.picture(nearest) if nearest else "",
                attributes=(self.tree.row(nearest).attributes or []) if nearest else [],
            )
        return self._groups[parent_id]

    def published(self, parent_id: str, product_id: str) -> bool:
        """The merchant's choice for this product."""
        own = self._choices.own(PRODUCT, product_id, self.store.evotor_id)
        if own == INHERIT:
            return self.group(parent_id).on
        return self._on and own == SyncFilter.Mode.INCLUDE

    def context(self, product: Glance) -> str:
        """What the product's place adds to a verdict on it now."""
        place = product.parent_id, self.published(product.parent_id, product.evotor_id)
        if place not in self._contexts:
            parent_id, published = place
            self._contexts[place] = context_of(
                self._rules, self.store.evotor_id, self.stale, self.gone, self.group(parent_id), published
            )
        return self._contexts[place]

    def facts(self, product: dict) -> Facts:
        """What the rules are told of a product of this store. `product`: a row of the mirror, PRODUCT_COLUMNS."""
        group = self.group(product["parent_id"])
        return Facts(
            store_id=self.store.evotor_id,
            product_id=product["evotor_id"],
            name=product["name"],
            type=product["type"],
            price=product["price"],
            quantity=product["quantity"],
            measure_name=product["measure_name"],
            allow_to_sell=product["allow_to_sell"],
            description=product["description"],
            article_number=product["article_number"],
            code=product["code"],
            attributes_choices=product["attributes_choices"],
            has_alcohol_fields=product["has_alcohol_fields"],
            is_excisable=product["is_excisable"],
            is_age_limited=product["is_age_limited"],
            image_url=product["image_url"],
            own_text=product["own_text"],
            own_picture=product["own_picture"],
            group_picture=group.picture,
            absent=product["absent_proven"],
            store_stale=self.stale,
            group_name=group.name,
            category_id=group.category_id,
            album=group.album,
            modification_attributes=group.attributes,
            published=self.published(product["parent_id"], product["evotor_id"]),
        )


def whole(glances: Mapping[int, Glance]) -> Iterator[tuple[dict, Glance, bool]]:
    """The whole rows of products by primary key, each with its glance and whether it still says the same."""
    if not glances:
        return
    for told in with_keys(CachedProduct.objects.order_by("pk"), glances).values_list(*_READ):
        row = dict(zip(_NAMES, told, strict=True))
        glance = glances[row["pk"]]
        as_glanced = _SAID_NOW(row) == _GLANCED(glance)
        row["price"], row["quantity"] = _decimal(row["price"]), _decimal(row["quantity"])
        row["attributes_choices"] = _choices(row["attributes_choices"])
        yield row, glance, as_glanced


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _choices(text: str) -> dict:
    return {} if text == "{}" else json.loads(text)


def settings_of(config: SyncConfig) -> Settings:
    """The merchant's settings as the rules take them, with VK's categories as they are known now."""
    return Settings(
        default_category_id=config.default_category_id,
        markup_percent=config.markup_percent,
        rounding=config.rounding,
        show_stock=config.show_stock,
        card_color=config.card_color,
        categories=categories.leaves() or None,
    )
