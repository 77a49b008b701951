"""What a round is at, for bars and pages."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Stage(TextChoices):
    READING = "reading", _("Чтение ВК")
    RULES = "rules", _("Правила")
    SENDING = "sending", _("Отправка в ВК")
    CONFIRMING = "confirming", _("Подтверждение")
