"""What waits for the merchant: the questions of «Требует решения», and how many there are."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from connections.models import Community

from . import deciding, guarding
from .models import Listing, Match
from .reasons import Block, Reason


@dataclass(frozen=True, slots=True)
class Deed:
    """One button: what it is called, and what it does, said beside it."""

    code: str
    label: str | Promise
    words: str | Promise


@dataclass(frozen=True, slots=True)
class Question:
    """Cases of one kind. `whole`: one answer for all of them together, counted as one."""

    code: str
    title: str | Promise
    words: str | Promise
    state: Q
    deeds: tuple[Deed, ...]
    whole: bool = False

    def rows(self, community: Community) -> QuerySet[Listing]:
        return Listing.objects.filter(self.state, community=community)


ALLOW = Deed("allow", _("Да, отправить в ВК"), _("Отправим ровно то, что показано здесь."))
LEAVE = Deed("leave", _("Оставить как есть"), _("В ВК ничего не изменится, и об этих товарах мы больше не спросим."))
_open = ~deciding.DECLINED

QUESTIONS = (
    Question(
        "removals",
        _("Исчезает много товаров сразу"),
        _(
            "С витрины исчезло бы сразу слишком много товаров. Так бывает, когда на кассе что-то сломалось, поэтому мы "
            "ничего не скрыли и ждём вас. Новые товары ждут вместе с ними."
        ),
        Q(blocked=Block.GUARD_REMOVALS) & _open,
        (ALLOW, LEAVE),
        whole=True,
    ),
    Question(
        "prices",
        _("Цены изменились слишком сильно"),
        _("У многих товаров цена изменилась больше чем наполовину. Эти цены не отправлены: посмотрите, верны ли они."),
        Q(blocked=Block.GUARD_PRICES) & _open,
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
        Q(blocked=Block.GUARD_CREATES) & _open,
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
        Q(hold=Reason.AMBIGUOUS_REBIND, vk_item_id=None),
        (Deed("is_new", _("Это новые товары"), _("Отмеченные появятся в ВК как новые, пропавшие будут скрыты.")),),
    ),
    Question(
        "drift",
        _("В ВК показано другое"),
        _("Кто-то изменил эти товары в ВК, или ВК показывает не то, что принял. Выберите, что верно."),
        Q(has_drift=True, blocked=""),
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
        Q(blocked=Block.DELETED_IN_VK),
        (
            Deed("create_again", _("Создать заново"), _("Отмеченные появятся в ВК снова, с новой ссылкой.")),
            Deed("do_not_publish", _("Не публиковать"), _("Отмеченные будут выключены в каталоге.")),
        ),
    ),
    Question(
        "unsettled",
        _("Неизвестно, добавлен ли товар"),
        _("ВК больше суток не отвечает, создан ли товар. Чтобы не было двух одинаковых, мы не добавляем его снова."),
        Q(blocked=Block.UNSETTLED),
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
        Q(blocked=Block.REFUSED),
        (Deed("try_again", _("Попробовать ещё раз"), _("Отправим отмеченные снова.")),),
    ),
)
BY_CODE = {question.code: question for question in QUESTIONS}
# Left as they are by the merchant: shown apart, to be allowed after all.
LEFT = Q(blocked__in=guarding.GUARDED) & deciding.DECLINED


def counts(community: Community) -> dict[str, int]:
    """How many goods each question is about, in one query over the few listings that a question may be about."""
    hold, blocks = Q(hold__in=(Reason.AMBIGUOUS_REBIND, Reason.NO_CATEGORY)), ~Q(blocked="")
    rows = Listing.objects.filter(hold | blocks | Q(has_drift=True), community=community).order_by()
    told = {question.code: Count("pk", filter=question.state) for question in QUESTIONS}
    return rows.aggregate(no_category=Count("pk", filter=Q(hold=Reason.NO_CATEGORY)), **told)


def count(community: Community | None, matching: int = 0) -> int:
    """How many decisions wait, for a badge: a question about many goods at once is one, and so are `matches`."""
    if community is None:
        return 0
    told = counts(community)
    single = sum(told[question.code] for question in QUESTIONS if not question.whole)
    whole = sum(bool(told[question.code]) for question in QUESTIONS if question.whole)
    rest = told["no_category"], matching, guarding.unknown_marks(community)
    return single + whole + sum(map(bool, rest))


def matches(community: Community | None) -> int:
    """How many items made by hand wait to be matched with products («Сопоставить»)."""
    return Match.objects.filter(community=community, answer=Match.Answer.OPEN).count() if community else 0
