"""What the rules are told of a product: the mirror's rows and the merchant's choices as plain data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings

from catalog.choices import INHERIT, PRODUCT, Choices
from catalog.groups import GroupTree
from catalog.models import CachedProduct, CachedStore, SyncConfig, SyncFilter

from . import categories
from .basis import BESIDE_HASH, Glance, context_of
from .rules import Facts, Settings

PRODUCT_COLUMNS = (
    "pk",
    "evotor_id",
    "parent_id",
    "name",
    "type",
    "price",
    "quantity",
    "measure_name",
    "allow_to_sell",
    "description",
    "article_number",
    "code",
    "barcodes",
    "attributes_choices",
    "has_alcohol_fields",
    "is_excisable",
    "is_age_limited",
    "image_url",
    "own_text",
    "own_picture",
    "absent_since",
    "absent_proven",
)


# Columns in which a row tells its glance that it has not changed since.
SAID = ("hash", *BESIDE_HASH)


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

    def group(self, parent_id: str) -> GroupView:
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
                self._rules, self.store.evotor_id, self.stale, self.group(parent_id), published
            )
        return self._contexts[place]

    def facts(self, product: dict) -> Facts:
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
            barcodes=tuple(product["barcodes"]),
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
    rows = CachedProduct.objects.filter(pk__in=list(glances)).order_by("pk")
    for row in rows.values(*PRODUCT_COLUMNS, "hash", said_quantity=BESIDE_HASH["quantity"]):
        glance = glances[row["pk"]]
        said = row | {"quantity": row.pop("said_quantity")}
        yield row, glance, all(said[name] == getattr(glance, name) for name in SAID)


def settings_of(config: SyncConfig) -> Settings:
    return Settings(
        default_category_id=config.default_category_id,
        markup_percent=config.markup_percent,
        rounding=config.rounding,
        show_stock=config.show_stock,
        card_color=config.card_color,
        categories=categories.leaves() or None,
    )
