"""Django's own error report, with DEBUG on or by email: local variables are looked through as log lines are."""

from django.views.debug import SafeExceptionReporterFilter

from evosync.base.redaction import masked


class SecretsOut(SafeExceptionReporterFilter):
    """Masks locals by their name and by what their text looks like, marked sensitive or not."""

    def is_active(self, request) -> bool:
        # Django masks nothing while DEBUG is on.
        return True

    def get_traceback_frame_variables(self, request, tb_frame):
        found = super().get_traceback_frame_variables(request, tb_frame)
        return [(name, masked(name, value)) for name, value in found]
