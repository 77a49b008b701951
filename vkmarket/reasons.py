"""Why a product is not in VK, or not as wished: codes for the rows, words for the merchant."""

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _


class Reason(TextChoices):
    """Why the rules hold a product back."""

    NONE = "", _("Публикуется")
    ALCOHOL = "alcohol", _("Алкоголь нельзя продавать через интернет")
    TOBACCO = "tobacco", _("Табак и никотин нельзя продавать через интернет")
    MEDICINE = "medicine", _("Лекарства может продавать через интернет только аптека с разрешением")
    EXCISABLE = "excisable", _("Подакцизный товар")
    AGE_LIMITED = "age_limited", _("Товар с ограничением по возрасту")
    REVIEW_TYPE = "review_type", _("Товары этого типа продаются по особым правилам")
    UNKNOWN_TYPE = "unknown_type", _("Неизвестный тип товара: его правила нам не известны")
    NOT_FOR_SALE = "not_for_sale", _("На кассе товар закрыт для продажи")
    EXCLUDED = "excluded", _("Товар, его группа или магазин выключены")
    REMOVED = "removed", _("Убран вами из ВК")
    ABSENT = "absent", _("Товара больше нет на кассе")
    STORE_STALE = "store_stale", _("Магазин давно не удаётся прочитать")
    ZERO_PRICE = "zero_price", _("Цена не указана")
    NO_CATEGORY = "no_category", _("Не выбрана категория ВК")
    NO_PHOTO = "no_photo", _("Нет картинки, которую примет ВК")
    NO_LEGAL_NAME = "no_legal_name", _("Название не подходит ВК: нужно от 4 до 100 знаков")
    NO_LEGAL_TEXT = "no_legal_text", _("Описание не подходит ВК: нужно не меньше 10 знаков")
    PRICE_TOO_HIGH = "price_too_high", _("Цена больше, чем принимает ВК")
    MAYBE_MOVED = "maybe_moved", _("Похож на товар, который сейчас пропал с кассы: ждём, не он ли это")
    AMBIGUOUS_REBIND = "ambiguous_rebind", _("Похож на несколько пропавших товаров: нужно ваше решение")


# What a hold does to an item that VK already shows. All others keep it as it is.
HIDING = frozenset(
    {
        Reason.ALCOHOL,
        Reason.TOBACCO,
        Reason.MEDICINE,
        Reason.EXCISABLE,
        Reason.AGE_LIMITED,
        Reason.REVIEW_TYPE,
        Reason.UNKNOWN_TYPE,
        Reason.NOT_FOR_SALE,
        Reason.EXCLUDED,
        Reason.REMOVED,
        Reason.ABSENT,
        Reason.STORE_STALE,
        Reason.ZERO_PRICE,
    }
)


class Block(TextChoices):
    """Why the sender leaves a listing alone although something is due."""

    NONE = "", _("Нет")
    GUARD_REMOVALS = "guard_removals", _("Исчезает слишком много товаров сразу: нужно ваше подтверждение")
    GUARD_PRICES = "guard_prices", _("Цены изменились слишком сильно и сразу у многих: нужно ваше подтверждение")
    GUARD_CREATES = "guard_creates", _("Новые товары ждут, пока вы не подтвердите исчезновение старых")
    MATCH = "match", _("В ВК уже есть похожий товар: решите в «Сопоставить»")
    REFUSED = "refused", _("ВК отклонил товар")
    DELETED_IN_VK = "deleted_in_vk", _("Товар удалён в ВК вручную")
    UNSETTLED = "unsettled", _("ВК не ответил, создан ли товар, и за сутки это не выяснилось")


# What the guards hold back.
GUARDED = (Block.GUARD_REMOVALS, Block.GUARD_CREATES, Block.GUARD_PRICES)
# What the guards look at. What is blocked for another reason is not sent whatever they say: it must not trip them
# for ever.
JUDGED = (*GUARDED, Block.NONE)
# What may become a new item, were it not for a question.
CREATABLE = (*JUDGED, Block.MATCH)
# What waits for a person's decision, of one good or of many.
DECISIONS = tuple(block for block in Block if block not in (Block.NONE, Block.REFUSED))
# Why a good is not in VK that the merchant alone can settle.
ASKING_THE_MERCHANT = (Reason.NO_CATEGORY, Reason.AMBIGUOUS_REBIND, Block.MATCH)


def label_of(code: str) -> str:
    """The words of a Reason or a Block."""
    return str((Block if code in Block.values else Reason)(code).label)


class Lane(IntegerChoices):
    """What is sent first."""

    HIDE = 1, _("скрыть")
    SOLD_OUT = 2, _("распродан")
    PRICE = 3, _("цена")
    STOCK = 4, _("остаток")
    NEW = 5, _("новый")
    TEXT = 6, _("текст")
    PHOTO = 7, _("картинка")
    ALBUM = 8, _("подборка")
    DELETE = 9, _("удалить")


class Alarm(TextChoices):
    """What the guards count a change as."""

    NONE = "", _("ничего")
    REMOVAL = "removal", _("исчезновение")
    PRICE = "price", _("скачок цены")
