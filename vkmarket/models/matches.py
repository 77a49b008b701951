"""Items that a merchant made by hand and that are perhaps what a product would become."""

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from catalog.models import CachedProduct
from connections.models import Community
from evosync.base.fields import PlainJSON

from .mirror import OfCommunityQuerySet


class MatchQuerySet(OfCommunityQuerySet):
    def asked(self):
        """Those that wait for an answer. Of several items one product is: once it is said which, nobody is asked."""
        said = Match.objects.filter(answer=Match.Answer.TAKE, community=OuterRef("community"))
        return self.filter(~Exists(said.filter(product=OuterRef("product"))), answer=Match.Answer.OPEN)


class Match(models.Model):
    """One pair, found by `vkmarket.matching` and answered by the merchant («Сопоставить»).

    A product that several items are like has a pair with each: at most one of them is taken.
    """

    class Why(models.TextChoices):
        SKU = "sku", _("артикул")
        TITLE = "title", _("название")

    class Answer(models.TextChoices):
        OPEN = "open", _("ждёт ответа")
        TAKE = "take", _("взять под управление")
        LEAVE = "leave", _("оставить как есть")
        # The item is like several products: nobody is asked, only told.
        UNCLEAR = "unclear", _("похож на несколько")

    community = models.ForeignKey(Community, models.CASCADE, related_name="matches", db_index=False)
    product = models.ForeignKey(CachedProduct, models.CASCADE, related_name="+")
    item_id = models.BigIntegerField(_("товар ВК"))
    why = models.CharField(_("что совпало"), max_length=8, choices=Why)
    answer = models.CharField(_("ответ"), max_length=8, choices=Answer, default=Answer.OPEN)
    # What the item is to become: an Item as JSON, and its digest. Once answered, what the answer was given to.
    wanted = models.JSONField(encoder=PlainJSON)
    wanted_hash = models.CharField(max_length=32)
    # Casefolded names and sku of both sides.
    search_text = models.CharField(max_length=250, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = MatchQuerySet.as_manager()

    class Meta:
        db_table = "matches"
        constraints = [models.UniqueConstraint(fields=["community", "product", "item_id"], name="one_match")]
        indexes = [models.Index(fields=["community", "answer"], name="match_answers")]
        verbose_name = _("сопоставление")
        verbose_name_plural = _("сопоставления")

    def __str__(self) -> str:
        return f"{self.item_id} ≈ {self.wanted.get('name', '')}"
