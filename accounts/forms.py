import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget

from .models import Role, User


class LowerEmail:
    """The login is kept in lower case: compared so too, or a second spelling ends as a database error."""

    cleaned_data: dict[str, Any]

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


class RoleChoice(forms.Form):
    role = forms.ChoiceField(label=_("Роль"), choices=Role.choices, widget=UnfoldAdminSelectWidget, initial=Role.USER)


class ProfileForm(forms.ModelForm):
    """What people say of themselves. The email is the login, and changes in another way."""

    class Meta:
        model = User
        fields = ["full_name", "phone"]

    def clean_phone(self) -> str:
        """Digits with the signs that people put between them; kept as typed."""
        phone = self.cleaned_data["phone"].strip()
        if phone and not re.fullmatch(r"\+?[\d ()-]{5,30}", phone):
            raise forms.ValidationError(_("Телефон пишется цифрами, например: +7 900 123-45-67."))
        return phone


class UserForm(LowerEmail, forms.ModelForm):
    """An account as staff sees it."""

    class Meta:
        model = User
        fields = ["email", "full_name", "phone", "status"]


class UserRoleForm(RoleChoice, UserForm):
    """The same for `system`, who alone hands out roles."""

    class Meta(UserForm.Meta):
        pass

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["role"].initial = self.instance.role


class NewUserForm(LowerEmail, RoleChoice, UserCreationForm):
    class Meta:
        model = User
        fields = ["email", "full_name", "phone", "status"]
        field_classes: dict[str, type[forms.Field]] = {}
