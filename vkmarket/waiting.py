"""What waits for the merchant: the questions of «Требует решения», and how many there are."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog import chosen
from catalog.models import SyncConfig
from connections.models import Community

from . import guarding
from .figures import Counted
from .models import CONDITIONS, Listing, Match, Tally
from .reasons import GUARDED, Block, Reason

NOTHING = Tally(0)


@dataclass(frozen=True, slots=True)
class Deed:
    """One button: what it is called, and what it does, said beside it."""

    code: str
    label: str | Promise
    words: str | Promise


@dataclass(frozen=True, slots=True)
class Criterion:
    """What a case is known by: said once for the database, and for what was counted already."""

    hold: str | None = None
    blocked: str | None = None
    has: Tally = NOTHING
    lacks: Tally = NOTHING

    def condition(self) -> Q:
        """Of listings in the database."""
        names = {"hold": self.hold, "blocked": self.blocked}
        found = Q(**{name: value for name, value in names.items() if value is not None})
        for bit in self.has:
            found &= Q(CONDITIONS[bit])
        for bit in self.lacks:
            found &= ~Q(CONDITIONS[bit])
        return found

    def matches(self, row: Counted) -> bool:
        """Of listings that `vkmarket.figures` has counted together."""
        said = (self.hold in (None, row.hold), self.blocked in (None, row.blocked))
        return all(said) and self.has in row.tally and not self.lacks & row.tally


@dataclass(frozen=True, slots=True)
class Question:
    """Cases of one kind. `whole`: one answer for all of them together, counted as one."""

    code: str
    title: str | Promise
    words: str | Promise
    criterion: Criterion
    deeds: tuple[Deed, ...]
    whole: bool = False

    @property
    def block(self) -> str:
        """What holds its goods back, "" for nothing."""
        return self.criterion.blocked or Block.NONE

    def rows(self, community: Community) -> QuerySet[Listing]:
        """The cases of now."""
        return Listing.objects.filter(self.criterion.condition(), community=community)


ALLOW = Deed("allow", _("Да, отправить в ВК"), _("Отправим ровно то, что показано здесь."))
LEAVE = Deed("leave", _("Оставить как есть"), _("В ВК ничего не изменится, и об этих товарах мы больше не спросим."))

QUESTIONS = (
    Question(
        "removals",
        _("Исчезает много товаров сразу"),
        _(
            "С витрины исчезло бы сразу слишком много товаров. Так бывает, когда на кассе что-то сломалось, поэтому мы "
            "ничего не скрыли и ждём вас. Новые товары ждут вместе с ними."
        ),
        Criterion(blocked=Block.GUARD_REMOVALS, lacks=Tally.LEFT),
        (ALLOW, LEAVE),
        whole=True,
    ),
    Question(
        "prices",
        _("Цены изменились слишком сильно"),
        _("У многих товаров цена изменилась больше чем наполовину. Эти цены не отправлены: посмотрите, верны ли они."),
        Criterion(blocked=Block.GUARD_PRICES, lacks=Tally.LEFT),
        (ALLOW, LEAVE),
        whole=True,
    ),
    Question(
        "creates",
        _("Новые товары ждут"),
        _(
            "Пока не решено, исчезают ли старые товары, новые не появляются: вдруг это те же самые товары под новыми "
            "номерами, и на витрине всё удвоится."
        ),
        Criterion(blocked=Block.GUARD_CREATES, lacks=Tally.LEFT),
        (Deed("allow", _("Всё равно добавить"), _("Показанные товары появятся в ВК.")), LEAVE),
        whole=True,
    ),
    Question(
        "alike",
        _("Похож на несколько пропавших"),
        _(
            "Товар появился на кассе, а похожие на него пропали. Скажите, который из них это: он займёт его место "
            "в ВК вместе с отзывами и ссылкой."
        ),
        Criterion(hold=Reason.AMBIGUOUS_REBIND, lacks=Tally.BOUND),
        (Deed("is_new", _("Это новые товары"), _("Отмеченные появятся в ВК как новые, пропавшие будут скрыты.")),),
    ),
    Question(
        "drift",
        _("В ВК показано другое"),
        _("Кто-то изменил эти товары в ВК, или ВК показывает не то, что принял. Выберите, что верно."),
        Criterion(blocked=Block.NONE, has=Tally.DRIFT),
        (
            Deed("send_ours", _("Отправить наше"), _("Отмеченные товары станут в ВК такими, как на кассе.")),
            Deed(
                "accept_theirs",
                _("Оставить как в ВК"),
                _("Останется как в ВК, пока товар не изменится на кассе. Цену и остаток всегда задаёт касса."),
            ),
        ),
    ),
    Question(
        "deleted",
        _("Удалены в ВК вручную"),
        _("На кассе эти товары есть, а в ВК кто-то их удалил. Сами мы их не возвращаем."),
        Criterion(blocked=Block.DELETED_IN_VK),
        (
            Deed("create_again", _("Создать заново"), _("Отмеченные появятся в ВК снова, с новой ссылкой.")),
            Deed("do_not_publish", _("Не публиковать"), _("Отмеченные будут выключены в каталоге.")),
        ),
    ),
    Question(
        "unsettled",
        _("Неизвестно, добавлен ли товар"),
        _("ВК больше суток не отвечает, создан ли товар. Чтобы не было двух одинаковых, мы не добавляем его снова."),
        Criterion(blocked=Block.UNSETTLED),
        (
            Deed("look_again", _("Поискать ещё раз"), _("Прочитаем все товары ВК и поищем эти.")),
            Deed(
                "create_anew",
                _("Добавить ещё раз"),
                _("Если прежний всё же найдётся, в ВК на время будет два; лишний мы удалим."),
            ),
        ),
    ),
    Question(
        "refused",
        _("ВК отклонил"),
        _("ВК не принял эти товары. Исправьте причину и попробуйте снова; через день мы попробуем и сами."),
        Criterion(blocked=Block.REFUSED),
        (Deed("try_again", _("Попробовать ещё раз"), _("Отправим отмеченные снова.")),),
    ),
)
BY_CODE = {question.code: question for question in QUESTIONS}


def counts(rows: list[Counted]) -> dict[str, int]:
    """How many goods each question is about, of what `figures.count` has told."""
    return {question.code: sum(row.goods for row in rows if question.criterion.matches(row)) for question in QUESTIONS}


def no_category(user: User, config: SyncConfig, rows: list[Counted]) -> int | None:
    """How many goods wait for a category; None: some do, and nobody has counted them.

    Goods are counted when they are planned, and nothing is while the master switch is off: then the settings tell.
    """
    counted = sum(row.goods for row in rows if row.hold == Reason.NO_CATEGORY)
    if config.enabled and rows:
        return counted
    if config.default_category_id is not None:
        return 0
    if chosen.any_category(user, config):
        return counted
    return None if chosen.any_store(user) else 0


def left(rows: list[Counted]) -> int:
    """How many goods the merchant has left as they are, against what a guard asked."""
    return sum(row.goods for row in rows if row.blocked in GUARDED and Tally.LEFT in row.tally)


def count(community: Community, matching: int, rows: list[Counted], without_category: int | None) -> int:
    """How many decisions wait, for a badge: a question about many goods at once is one, and so are `matching` and
    `without_category`. `rows`: what `figures.count` has told."""
    told = counts(rows)
    single = sum(told[question.code] for question in QUESTIONS if not question.whole)
    whole = sum(bool(told[question.code]) for question in QUESTIONS if question.whole)
    rest = without_category != 0, matching, guarding.unknown_marks(community)
    return single + whole + sum(map(bool, rest))


def matches(community: Community | None) -> int:
    """How many items made by hand wait to be matched with products («Сопоставить»)."""
    return Match.objects.filter(community=community).asked().count() if community else 0
