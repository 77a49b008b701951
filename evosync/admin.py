"""The staff panel across apps: its door, its name, and the queue in the look of the rest."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django_q import admin as queue
from django_q.models import Failure, OrmQ, Schedule, Success
from unfold.decorators import display

from evosync.base.admin import ReadOnlyAdmin, StaffAdmin
from evosync.base.redaction import redact

# One door for everybody: its limits on attempts and its refusals hold for staff too.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as allauth tells one to
admin.site.index_title = _("Управление")
admin.site.empty_value_display = "—"

for model in (Schedule, Success, Failure, OrmQ):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class FinishedTaskAdmin(ReadOnlyAdmin):
    """A job that ran. Its result may be a traceback, which is shown as a log would show it."""

    list_filter = ["cluster"]
    search_fields = ["name", "func", "group"]
    fields = ["name", "func", "group", "cluster", "started", "stopped", "attempt_count", "readable_result"]

    @display(description=_("результат"))
    def readable_result(self, task):
        return redact(str(task.result)) if task.result is not None else None


@admin.register(Success)
class SuccessAdmin(FinishedTaskAdmin, queue.TaskAdmin):
    list_display = ["name", "func", "cluster", "started", "stopped", "time_taken"]
    actions: list[str] = []


@admin.register(Failure)
class FailureAdmin(FinishedTaskAdmin, queue.FailAdmin):
    list_display = ["name", "func", "cluster", "started", "stopped", "cause"]
    actions = ["run_again"]

    @display(description=_("ошибка"))
    def cause(self, task):
        lines = str(task.result or "").strip().splitlines()
        return redact(lines[-1])[:200] if lines else None

    @admin.action(description=_("Выполнить ещё раз"), permissions=["run"])
    def run_again(self, request, queryset):
        queue.resubmit_task(self, request, queryset)

    def has_run_permission(self, request):
        return request.user.has_perm("django_q.change_failure")


@admin.register(Schedule)
class ScheduleAdmin(StaffAdmin, queue.ScheduleAdmin):
    list_filter = ["schedule_type", "cluster"]


@admin.register(OrmQ)
class QueueAdmin(ReadOnlyAdmin, queue.QueueAdmin):
    list_display = ["id", "key", "name", "func", "lock"]
    fields = ["key", "lock", "task_id", "name", "group", "func"]
