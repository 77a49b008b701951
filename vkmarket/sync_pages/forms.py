"""The settings of publishing, as the merchant changes them."""

from decimal import Decimal

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from catalog.models import Rounding, SyncConfig
from vkmarket.rules import Settings, price_of

LEAST_MARKUP, MOST_MARKUP = Decimal(-90), Decimal(900)
EXAMPLES = (Decimal("100.00"), Decimal("249.90"), Decimal("1234.56"))


class CommaDecimalField(forms.DecimalField):
    """Takes «12,5» as well as «12.5», and shows what is usual in the reader's language, without needless zeros."""

    def prepare_value(self, value):
        return number_format(f"{value.normalize():f}") if isinstance(value, Decimal) else value

    def to_python(self, value):
        return super().to_python(value.replace(",", ".").replace(" ", "") if isinstance(value, str) else value)


class PricesForm(forms.Form):
    """What a price is made by, alone: the live example asks before anything is saved."""

    markup_percent = CommaDecimalField(
        label=_("Наценка, %"),
        max_digits=6,
        decimal_places=2,
        validators=[
            MinValueValidator(LEAST_MARKUP, _("Скидка не может быть больше 90 %%.")),
            MaxValueValidator(MOST_MARKUP, _("Наценка не может быть больше 900 %%.")),
        ],
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=_("Отрицательная наценка — скидка."),
    )
    rounding = forms.ChoiceField(label=_("Округление"), choices=Rounding.choices)

    def examples(self) -> list[tuple[Decimal, Decimal | None]]:
        """Prices of the till and what VK would show for them."""
        settings = Settings(markup_percent=self.cleaned_data["markup_percent"], rounding=self.cleaned_data["rounding"])
        return [(price, price_of(price, settings)) for price in EXAMPLES]


class SettingsForm(PricesForm, forms.ModelForm):
    card_color = forms.CharField(
        label=_("Цвет карточки"),
        validators=[RegexValidator(r"^#[0-9A-Fa-f]{6}$", _("Выберите цвет."))],
        widget=forms.TextInput(attrs={"type": "color"}),
        help_text=_("Карточку с названием мы рисуем для товаров без фотографии."),
    )

    class Meta:
        model = SyncConfig
        fields = ["markup_percent", "rounding", "show_stock", "card_color", "delete_absent"]
        labels = {
            "show_stock": _("Показывать остатки"),
            "delete_absent": _("Удалять из ВК товары, которых больше нет на кассе"),
        }
        help_texts = {
            "show_stock": _("Если выключить, покупатель видит только «в наличии» или «нет в наличии»."),
            "delete_absent": _(
                "Если выключено, такие товары скрываются: их можно вернуть вместе с отметками и отзывами."
            ),
        }
