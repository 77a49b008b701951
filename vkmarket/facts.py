"""What the rules are told of a product: the mirror's rows and the merchant's choices as plain data."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from catalog.choices import Choices
from catalog.groups import GroupTree
from catalog.models import CachedStore, SyncConfig

from . import categories
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
    "absent_since",
    "absent_proven",
)


@dataclass(frozen=True, slots=True)
class GroupView:
    """What a product takes from the group it lies in."""

    chain: tuple[str, ...]
    name: str
    path: str
    category_id: int | None
    album: int | None
    attributes: list


class StoreView:
    """One store's tree, albums and state, asked once for each group."""

    def __init__(self, store: CachedStore, choices: Choices, albums: dict[str, int], now: datetime):
        self.store, self._choices, self._albums = store, choices, albums
        self.tree = GroupTree.of(store)
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
                chain=chain,
                name=path[-1] if path else "",
                path=" / ".join(path),
                category_id=self.tree.category(nearest) if nearest else None,
                album=self._albums.get(album_group) if album_group else None,
                attributes=(self.tree.row(nearest).attributes or []) if nearest else [],
            )
        return self._groups[parent_id]

    def published(self, product: dict) -> bool:
        """The merchant's choice for this product."""
        chain = self.group(product["parent_id"]).chain
        return self._choices.published(self.store.evotor_id, chain, product["evotor_id"])

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
            absent=product["absent_proven"],
            store_stale=self.stale,
            group_name=group.name,
            group_path=group.path,
            category_id=group.category_id,
            album=group.album,
            modification_attributes=group.attributes,
            published=self.published(product),
        )


def settings_of(config: SyncConfig) -> Settings:
    return Settings(
        default_category_id=config.default_category_id,
        markup_percent=config.markup_percent,
        rounding=config.rounding,
        show_stock=config.show_stock,
        card_color=config.card_color,
        categories=categories.leaves() or None,
    )
