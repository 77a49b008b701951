"""A merchant's picture as it is posted: looked at, made anew, kept."""

from django import forms
from django.utils.translation import gettext_lazy as _

from vkmarket import own_pictures
from vkmarket.pictures import MOST_FILE, BadPicture


class PictureForm(forms.Form):
    """One picture file. Cleaned, `picture` is the name of the file as kept."""

    picture = forms.FileField(
        label=_("Файл с картинкой"),
        help_text=_("JPEG, PNG, WEBP, GIF или BMP до 8 МБ. Мелкая картинка дополняется белыми полями до 400×400."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif,image/bmp"}),
        error_messages={
            "required": _("Выберите файл с картинкой."),
            "empty": _("Файл пустой: выберите другой."),
        },
    )

    def clean_picture(self) -> str:
        file = self.cleaned_data["picture"]
        if file.size > MOST_FILE:
            raise forms.ValidationError(_("Файл больше 8 МБ: уменьшите картинку или выберите другую."))
        try:
            return own_pictures.keep(file.read())
        except BadPicture:
            raise forms.ValidationError(
                _("Это не картинка, или она повреждена или слишком велика. Выберите другой файл.")
            ) from None


def posted_picture(request) -> tuple[PictureForm, str | None]:
    """The form and the name of the picture: '' to have none any more, None where the form says what is wrong."""
    if "remove" in request.POST:
        return PictureForm(), ""
    form = PictureForm(request.POST, request.FILES)
    return form, form.cleaned_data["picture"] if form.is_valid() else None
