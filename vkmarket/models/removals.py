"""That a merchant asked to have everything taken out of a community, and how far that is."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from connections.models import Community, ConnectionFault

from ..reasons import Block, Reason
from .listings import Listing
from .mirror import OfCommunityQuerySet


class RemovalQuerySet(OfCommunityQuerySet):
    def open(self):
        """Those that go on."""
        return self.filter(in_progress__isnull=False)


class Removal(models.Model):
    """Hide, or delete, all that EvoSync keeps in a community. While one is open nothing else is sent there."""

    class Purpose(models.TextChoices):
        REMOVE = "remove", _("убрать всё")
        # Once everything is hidden, VK is disconnected.
        DISCONNECT = "disconnect", _("отключить ВКонтакте")

    class End(models.TextChoices):
        NONE = "", _("идёт")
        DONE = "done", _("выполнено")
        STOPPED = "stopped", _("остановлено")
        FAILED = "failed", _("не удалось")

    community = models.ForeignKey(Community, models.PROTECT, related_name="removals")
    user = models.ForeignKey(User, models.CASCADE, related_name="removals", verbose_name=_("кто попросил"))
    purpose = models.CharField(_("зачем"), max_length=16, choices=Purpose)
    # The merchant wants the goods deleted for good, with what buyers wrote about them.
    for_good = models.BooleanField(_("удалить насовсем"), default=False)
    # How many goods there were when it was asked for.
    goods = models.PositiveIntegerField(_("товаров"))
    # And how many of them were left in VK at its end.
    left_over = models.PositiveIntegerField(_("осталось в ВК"), null=True, blank=True)
    asked_at = models.DateTimeField(_("попросили"))
    finished_at = models.DateTimeField(_("окончено"), null=True, blank=True)
    end = models.CharField(_("итог"), max_length=16, choices=End, blank=True, default="")
    # What stands in its way now, or has ended it.
    error = models.CharField(_("ошибка"), max_length=32, choices=ConnectionFault, blank=True, default="")
    # The community's id while it is open, NULL afterwards: one open a community.
    in_progress = models.BigIntegerField(null=True, blank=True, unique=True, editable=False)

    objects = RemovalQuerySet.as_manager()

    class Meta:
        db_table = "removals"
        verbose_name = _("уборка из ВК")
        verbose_name_plural = _("уборки из ВК")

    def __str__(self) -> str:
        return f"{self.community}, {self.asked_at:%d.%m.%Y %H:%M}"

    @property
    def disconnects(self) -> bool:
        """Is VK disconnected at its end?"""
        return self.purpose == self.Purpose.DISCONNECT

    def in_vk(self) -> models.QuerySet[Listing]:
        """What is still there."""
        return Listing.objects.in_vk(self.community_id, hidden_too=self.for_good)

    def left(self) -> models.QuerySet[Listing]:
        """What is still there and can be taken out: not what VK has refused to take out."""
        return self.in_vk().exclude(hold=Reason.REMOVED, blocked=Block.REFUSED)
