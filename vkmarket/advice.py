"""What a merchant can do about a product that is not in VK, or not as wished: words for each reason and block."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from .reasons import Block, Reason

FORBIDDEN = _("Такие товары мы не публикуем, чтобы ВКонтакте не закрыл ваш магазин. На кассе всё остаётся как было.")
WAIT = _("Делать ничего не нужно: мы проверим ещё раз сами.")
DECIDE = _("Откройте «Требует решения» и выберите, что делать.")

ADVICE: dict[str, Any] = {
    Reason.ALCOHOL: FORBIDDEN,
    Reason.TOBACCO: FORBIDDEN,
    Reason.MEDICINE: FORBIDDEN,
    Reason.EXCISABLE: FORBIDDEN,
    Reason.AGE_LIMITED: FORBIDDEN,
    Reason.REVIEW_TYPE: _(
        "Мы не публикуем такие товары сами. Если закон разрешает вам продавать их, добавьте товар в ВК вручную."
    ),
    Reason.UNKNOWN_TYPE: _("Проверьте тип товара в Эвотор. Если он верный, добавьте товар в ВК вручную."),
    Reason.NOT_FOR_SALE: _("Откройте товар для продажи в Эвотор, и он появится в ВК."),
    Reason.EXCLUDED: _("Чтобы товар появился в ВК, включите его, его группу или магазин."),
    Reason.REMOVED: _("Чтобы товары вернулись в ВК, снова включите синхронизацию."),
    Reason.ABSENT: _("Верните товар на кассу, и он снова появится в ВК."),
    Reason.STORE_STALE: _("Проверьте подключение Эвотор: когда магазин прочитается, товары вернутся."),
    Reason.ZERO_PRICE: _("Укажите цену в Эвотор."),
    Reason.NO_CATEGORY: _("Выберите категорию ВК для группы товара или общую в настройках синхронизации."),
    Reason.NO_PHOTO: _("Загрузите картинку на этой странице."),
    Reason.NO_LEGAL_NAME: _("Исправьте название в Эвотор: от 4 до 100 букв и цифр."),
    Reason.NO_LEGAL_TEXT: _("Напишите описание на этой странице или в Эвотор: не меньше 10 знаков."),
    Reason.PRICE_TOO_HIGH: _("Проверьте цену в Эвотор и наценку в настройках синхронизации."),
    Reason.MAYBE_MOVED: WAIT,
    Reason.AMBIGUOUS_REBIND: DECIDE,
    Block.GUARD_REMOVALS: DECIDE,
    Block.GUARD_PRICES: DECIDE,
    Block.GUARD_CREATES: DECIDE,
    Block.MATCH: _("Откройте «Сопоставить» и скажите, тот ли это товар: тогда он не появится в ВК дважды."),
    Block.DELETED_IN_VK: DECIDE,
    Block.UNSETTLED: DECIDE,
    Block.REFUSED: _("Проверьте название, описание, категорию и картинку. Через день мы попробуем ещё раз сами."),
}


def advice_on(code: str) -> str:
    """What to do about a Reason or a Block, "" where there is nothing to say."""
    return str(ADVICE.get(code, ""))
