from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm

from evosync.base.admin import ReadOnlyAdmin, StaffAdmin

from . import staffing
from .forms import NewUserForm, UserForm, UserRoleForm
from .models import Role, Status, User

admin.site.unregister(Group)
admin.site.unregister(EmailAddress)


class RoleFilter(admin.SimpleListFilter):
    title = gettext_lazy("роль")
    parameter_name = "role"
    flags: dict[str | None, dict[str, bool]] = {
        Role.SYSTEM: {"is_superuser": True},
        Role.ADMIN: {"is_superuser": False, "is_staff": True},
        Role.USER: {"is_superuser": False, "is_staff": False},
    }

    def lookups(self, request, model_admin):
        return Role.choices

    def queryset(self, request, queryset):
        return queryset.filter(**self.flags.get(self.value(), {}))


@admin.register(User)
class UserAdmin(StaffAdmin, DjangoUserAdmin):
    """Accounts. `admin` looks after merchants; staff accounts and roles are the business of `system`."""

    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["email", "full_name", "shown_status", "shown_role", "date_joined", "last_login"]
    list_filter = ["status", RoleFilter]
    search_fields = ["email", "full_name", "phone"]
    ordering = ["email"]
    filter_horizontal = []
    actions = ["activate_accounts", "suspend_accounts"]
    add_fieldsets = [
        (None, {"fields": ["email", "full_name", "phone", "role", "status"]}),
        (gettext_lazy("Пароль"), {"fields": ["usable_password", "password1", "password2"]}),
    ]

    @display(
        description=gettext_lazy("статус"),
        ordering="status",
        label={Status.ACTIVE: "success", Status.PENDING: "warning", Status.SUSPENDED: "danger"},
    )
    def shown_status(self, user):
        return user.status, user.get_status_display()

    @display(description=gettext_lazy("роль"), ordering="is_staff")
    def shown_role(self, user):
        return user.get_role_display()

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is not None:
            kwargs["form"] = UserRoleForm if self._may_set_role(request, obj) else UserForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return self.add_fieldsets
        role = "role" if self._may_set_role(request, obj) else "shown_role"
        return [
            (None, {"fields": ["email", "full_name", "phone"]}),
            (gettext_lazy("Доступ"), {"fields": ["status", role]}),
            (gettext_lazy("Даты"), {"fields": ["date_joined", "last_login"]}),
        ]

    def get_readonly_fields(self, request, obj=None):
        # Nobody shuts the door on themselves.
        own = ["status"] if obj is not None and obj == request.user else []
        return ["date_joined", "last_login", "shown_role", *own]

    def has_change_permission(self, request, obj=None):
        if obj is not None and obj.is_staff and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        # An account closes with its catalog and its goods in VK, not by a cascade from here. Suspend it.
        return False

    def save_model(self, request, user, form, change):
        super().save_model(request, user, form, change)
        # The form offers a role only to those who may give it.
        role = form.cleaned_data.get("role")
        if role and (not change or role != user.role):
            user.set_role(role)
        if user.is_active:
            user.confirm_email()

    @admin.action(description=gettext_lazy("Активировать"), permissions=["change"])
    def activate_accounts(self, request, queryset):
        return self._with_consent(request, queryset, staffing.activate, _("Активировать эти аккаунты?"), _("включён"))

    @admin.action(description=gettext_lazy("Приостановить"), permissions=["change"])
    def suspend_accounts(self, request, queryset):
        return self._with_consent(
            request, queryset, staffing.suspend, _("Приостановить эти аккаунты?"), _("приостановлен")
        )

    def _with_consent(self, request, queryset, change, question: str, record: str):
        """Ask first; then change each account that this person may change, with a line in its history."""
        users = [user for user in queryset if user != request.user and self.has_change_permission(request, user)]
        if len(users) < len(queryset):
            messages.warning(request, _("Свой аккаунт и аккаунты, на которые у вас нет прав, не изменяются."))
        if not users:
            return None
        if request.POST.get("confirmed") != "yes":
            context = self.admin_site.each_context(request) | {
                "title": question,
                "users": users,
                "opts": self.opts,
                "media": self.media,
                "action": request.POST["action"],
                "checkbox": ACTION_CHECKBOX_NAME,
            }
            return render(request, "admin/accounts/user/confirm.html", context)
        for user in users:
            change(user)
            self.log_change(request, user, record)
        messages.success(request, _("Изменено аккаунтов: %d.") % len(users))
        return None

    def _may_set_role(self, request, user: User) -> bool:
        return request.user.is_superuser and user != request.user


@admin.register(Group)
class GroupAdmin(StaffAdmin, DjangoGroupAdmin):
    """Roles and their permissions."""

    list_display = ["name", "label"]

    @display(description=gettext_lazy("роль"))
    def label(self, group):
        return Role(group.name).label if group.name in Role.values else "—"

    def get_readonly_fields(self, request, obj=None):
        return ["name"] if obj is not None and obj.name in Role.values else []

    def has_delete_permission(self, request, obj=None):
        # The three roles are part of the program; the mass action cannot tell them apart.
        return obj is not None and obj.name not in Role.values and super().has_delete_permission(request, obj)


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnlyAdmin):
    """What allauth knows of an address. It follows the account's email."""

    list_display = ["email", "user", "primary", "verified"]
    list_filter = ["verified"]
    list_select_related = ["user"]
    search_fields = ["email"]
