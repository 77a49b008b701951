import re

from django import forms
from django.utils.translation import gettext_lazy as _

# What people copy: the bare number, with the minus of market methods, or any of VK's addresses with a number.
GROUP = re.compile(
    r"(?:(?:https?://)?(?:m\.|www\.)?vk\.(?:com|ru)/)?(?:-|club|public|event)?(\d{1,18})/?(?:[?#].*)?", re.IGNORECASE
)
# The address of a community's post or of its goods. Without the minus the number is a person's.
OF_GROUP = re.compile(r"\b(?:wall|market|product)-(\d{1,18})(?!\d)", re.IGNORECASE)


class TokenForm(forms.Form):
    """A token typed by hand. It is never shown again; left empty, the saved one counts."""

    token = forms.CharField(
        label=_("Токен"),
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Вставьте токен.")},
    )

    def __init__(self, *args, saved: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if saved:
            self.fields["token"].required = False
            self.fields["token"].help_text = _("Токен сохранён. Оставьте поле пустым, чтобы его не менять.")


class VkForm(TokenForm):
    group = forms.CharField(
        label=_("Сообщество"),
        max_length=200,
        help_text=_("Номер или адрес с номером: 123456789 или vk.com/club123456789."),
        error_messages={"required": _("Укажите номер сообщества.")},
    )

    def clean_group(self) -> int:
        typed = self.cleaned_data["group"].strip()
        found = GROUP.fullmatch(typed) or OF_GROUP.search(typed)
        if found is None:
            raise forms.ValidationError(
                _("Номера сообщества здесь нет. Откройте любую запись сообщества: в её адресе он стоит после «wall-».")
            )
        return int(found[1])
