"""What every page of the staff panel shares."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib.admin.utils import flatten
from django.db.models import JSONField
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from guardian.admin import GroupManage, ReinforcedGuardedModelAdminMixin, UserManage
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget


class StaffAdmin(ModelAdmin):
    """A list that stays quick on big tables."""

    list_per_page = 25
    # Else every search counts the whole table beside what it found.
    show_full_result_count = False
    list_filter_submit = True
    # What is shown of other tables, fetched after the rows of a page. Joined (`list_select_related`), it may be where
    # MariaDB begins, which then sorts the whole table for one page of it.
    list_prefetch_related: ClassVar[list[str]] = []

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related(*self.list_prefetch_related)


class ReadOnlyAdmin(StaffAdmin):
    """History, and what only a job may write: to be read, never to be set right by hand."""

    # Names, filters, and pairs of the two.
    list_filter: ClassVar[list[Any]]

    def get_readonly_fields(self, request, obj=None):
        return flatten(self.get_fields(request, obj)) if self.fields else super().get_readonly_fields(request, obj)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class PersonChoice(UserManage):
    """Guardian's form, in our words; the login is kept in lower case."""

    user = forms.EmailField(
        label=_("Эл. почта"),
        error_messages={"does_not_exist": _("Такого пользователя нет.")},
        widget=UnfoldAdminTextInputWidget,
    )

    def clean_user(self):
        self.cleaned_data["user"] = self.cleaned_data["user"].lower()
        return super().clean_user()


class RoleChoice(GroupManage):
    group = forms.CharField(
        label=_("Роль или группа"),
        error_messages={"does_not_exist": _("Такой группы нет.")},
        widget=UnfoldAdminTextInputWidget,
    )


class SharedAdmin(ReinforcedGuardedModelAdminMixin, StaffAdmin):
    """Rows that one may be given rights on, one by one: guardian's page hangs on each."""

    def get_obj_perms_user_select_form(self, request):
        return PersonChoice

    def get_obj_perms_group_select_form(self, request):
        return RoleChoice


def picked_by(title: str | Promise) -> type[AutocompleteSelectFilter]:
    """A filter by a related row, which is searched for: a list of them all may be long."""

    class Picked(AutocompleteSelectFilter):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.title = title

    return Picked


def labelled(name: str, label: str | Promise) -> Callable:
    """A column or line for a field that has no Russian name of its own in the model."""

    @display(description=label, ordering=name)
    def show(row):
        value = getattr(row, name)
        if isinstance(row._meta.get_field(name), JSONField) and value is not None:
            text = json.dumps(value, ensure_ascii=False, indent=2)
            return format_html('<pre class="whitespace-pre-wrap">{}</pre>', text)
        return value

    show.__name__ = name
    return show
