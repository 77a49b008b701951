"""What a round is at, for bars and pages."""

from collections.abc import Callable

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Stage(TextChoices):
    """The parts of a round that may take long."""

    READING = "reading", _("Чтение ВК")
    RULES = "rules", _("Правила")
    SENDING = "sending", _("Отправка в ВК")
    CONFIRMING = "confirming", _("Подтверждение")


# Hears of each stage how much of it is done, and of how many; None: not known.
Tell = Callable[[str, int, int | None], None]


def untold(_stage: str, _done: int, _total: int | None) -> None:
    """For rounds that nobody watches."""
