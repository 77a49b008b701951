"""What VK shows, as last read: categories, albums and items of communities, ours or foreign."""

from dataclasses import fields

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.visibility import OwnedQuerySet
from connections.clients.vk import MarketItem
from connections.models import Community
from evosync.base.fields import PlainJSON


class OfCommunityQuerySet(OwnedQuerySet):
    owner = "community__connection__user"


class VkCategory(models.Model):
    """One category of VK's tree, as cached from `market.getCategories`. Only leaves take items."""

    category_id = models.BigIntegerField(unique=True)
    name = models.CharField(max_length=255)
    path = models.CharField(max_length=1000)
    is_leaf = models.BooleanField(default=True)
    fetched_at = models.DateTimeField()

    class Meta:
        db_table = "vk_categories"
        verbose_name = _("категория ВК")
        verbose_name_plural = _("категории ВК")

    def __str__(self) -> str:
        return self.path


class VkCachedAlbum(models.Model):
    """An album (collection) of the community as VK last showed it, ours or foreign."""

    community = models.ForeignKey(Community, models.CASCADE, related_name="vk_albums")
    album_id = models.BigIntegerField()
    title = models.CharField(_("название"), max_length=255)
    count = models.PositiveIntegerField(_("товаров"), default=0)
    is_main = models.BooleanField(default=False)
    is_hidden = models.BooleanField(default=False)
    absent_since = models.DateTimeField(null=True, blank=True)

    objects = OfCommunityQuerySet.as_manager()

    class Meta:
        db_table = "vk_cached_albums"
        constraints = [models.UniqueConstraint(fields=["community", "album_id"], name="one_vk_album")]
        verbose_name = _("подборка ВК")
        verbose_name_plural = _("подборки ВК")

    def __str__(self) -> str:
        return self.title


class VkCachedProduct(models.Model):
    """An item of the community as VK last showed it, ours or foreign."""

    community = models.ForeignKey(Community, models.CASCADE, related_name="vk_products")
    item_id = models.BigIntegerField()
    title = models.CharField(_("название"), max_length=500)
    description = models.TextField(_("описание"), blank=True)
    price = models.DecimalField(_("цена, ₽"), max_digits=15, decimal_places=2, null=True)
    sku = models.CharField(_("артикул"), max_length=64, blank=True, db_index=True)
    stock = models.BigIntegerField(_("остаток"), null=True)
    availability = models.SmallIntegerField(default=0)
    category_id = models.BigIntegerField(null=True)
    albums = models.JSONField(encoder=PlainJSON, default=list)
    photos = models.JSONField(encoder=PlainJSON, default=list)
    thumb_url = models.CharField(max_length=1000, blank=True)
    # VK's moderation: {title, description, …} while it refuses the item.
    reject_info = models.JSONField(encoder=PlainJSON, null=True, blank=True)
    # Casefolded title and sku: SQLite folds no Cyrillic case.
    search_text = models.CharField(max_length=250, blank=True, default="")
    hash = models.CharField(max_length=32)
    absent_since = models.DateTimeField(null=True, blank=True)

    objects = OfCommunityQuerySet.as_manager()

    class Meta:
        db_table = "vk_cached_products"
        constraints = [models.UniqueConstraint(fields=["community", "item_id"], name="one_vk_item")]
        indexes = [models.Index(fields=["community", "absent_since", "item_id", "search_text"], name="vk_item_search")]
        verbose_name = _("товар ВК")
        verbose_name_plural = _("товары ВК")

    def __str__(self) -> str:
        return self.title

    def as_told(self) -> MarketItem:
        """The item as the client told it."""
        told = {field.name: getattr(self, field.name) for field in fields(MarketItem)}
        return MarketItem(**told | {"albums": tuple(self.albums), "photos": tuple(self.photos)})


class VkAlbumPlace(models.Model):
    """That an item of the mirror lies in an album: `VkCachedProduct.albums` as rows, which a list can be made from."""

    community = models.ForeignKey(Community, models.CASCADE, related_name="+", db_index=False)
    # 0: in none.
    album_id = models.BigIntegerField()
    item_id = models.BigIntegerField()

    class Meta:
        db_table = "vk_album_places"
        constraints = [models.UniqueConstraint(fields=["community", "album_id", "item_id"], name="one_album_place")]
        indexes = [models.Index(fields=["community", "item_id"], name="album_places_of_item")]
        verbose_name = _("место в подборке")
        verbose_name_plural = _("места в подборках")

    def __str__(self) -> str:
        return f"{self.item_id} ∈ {self.album_id}"
