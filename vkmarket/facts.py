"""What the rules are told of a product: the mirror's rows and the merchant's choices as plain data."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings

from catalog.choices import Choices
from catalog.groups import GroupTree
from catalog.models import CachedProduct, CachedStore, SyncConfig
from evosync.base.lookups import as_text, raw
from evosync.base.paging import with_keys

from . import categories
from .basis import BASIS, Glance, context_of
from .rules import Facts, Settings


class Row(NamedTuple):
    """A product of the mirror as the rules are told of it.

    What a row is made into by the database's own kinds costs as much as the verdict on it: amounts, choices, bar codes
    and moments are read as text, and truths as numbers. Whoever needs one of them makes what it needs.
    """

    pk: int
    evotor_id: str
    parent_id: str
    name: str
    type: str
    measure_name: str
    description: str
    article_number: str
    code: str
    image_url: str
    own_text: str
    own_picture: str
    price: str | None
    quantity: str | None
    attributes_choices: str
    barcodes: str
    absent_since: str | None
    allow_to_sell: int
    has_alcohol_fields: int
    is_excisable: int
    is_age_limited: int
    absent_proven: int
    # `vkmarket.basis.BASIS`: of the very row that the rules are told of.
    basis: str


TEXTS = ("price", "quantity", "attributes_choices", "barcodes", "absent_since")
TRUTHS = ("allow_to_sell", "has_alcohol_fields", "is_excisable", "is_age_limited", "absent_proven")
_READ = {name: as_text(name) for name in TEXTS} | {name: raw(name) for name in TRUTHS} | {"basis": BASIS}


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
        # Whether it is published, of goods with a choice of their own.
        self._chosen = choices.of_products(store.evotor_id)
        # By group, and by what was chosen for the product itself.
        self._contexts: dict[tuple[str, bool | None], str] = {}
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
        chosen = self._chosen.get(product_id)
        return self.group(parent_id).on if chosen is None else chosen

    def context(self, product: Glance) -> str:
        """What the product's place adds to a verdict on it now."""
        place = product.parent_id, self._chosen.get(product.evotor_id)
        if place not in self._contexts:
            group, published = self.group(product.parent_id), self.published(product.parent_id, product.evotor_id)
            self._contexts[place] = context_of(
                self._rules, self.store.evotor_id, self.stale, self.gone, group, published
            )
        return self._contexts[place]

    def facts(self, product: Row | CachedProduct) -> Facts:
        """What the rules are told of a product of this store."""
        group = self.group(product.parent_id)
        return Facts(
            store_id=self.store.evotor_id,
            product_id=product.evotor_id,
            name=product.name,
            type=product.type,
            price=_decimal(product.price),
            quantity=_decimal(product.quantity),
            measure_name=product.measure_name,
            allow_to_sell=bool(product.allow_to_sell),
            description=product.description,
            article_number=product.article_number,
            code=product.code,
            attributes_choices=_choices(product.attributes_choices),
            has_alcohol_fields=bool(product.has_alcohol_fields),
            is_excisable=bool(product.is_excisable),
            is_age_limited=bool(product.is_age_limited),
            image_url=product.image_url,
            own_text=product.own_text,
            own_picture=product.own_picture,
            group_picture=group.picture,
            absent=bool(product.absent_proven),
            store_stale=self.stale,
            group_name=group.name,
            category_id=group.category_id,
            album=group.album,
            modification_attributes=group.attributes,
            published=self.published(product.parent_id, product.evotor_id),
        )


def whole(glances: Mapping[int, Glance]) -> Iterator[tuple[Row, Glance]]:
    """The whole rows of products by primary key, each with its glance."""
    if not glances:
        return
    columns = [_READ.get(name, name) for name in Row._fields]
    for told in with_keys(CachedProduct.objects.order_by("pk"), glances).values_list(*columns):
        row = Row._make(told)
        yield row, glances[row.pk]


def _decimal(amount: Decimal | str | None) -> Decimal | None:
    return None if amount is None else Decimal(amount)


def _choices(told: dict | str) -> dict:
    if isinstance(told, str):
        return {} if told == "{}" else json.loads(told)
    return told


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
