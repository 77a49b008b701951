"""Django's own error report, with DEBUG on or by email: it is looked through as log lines are."""

from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from evosync.base.redaction import masked, redact


class SecretsOut(SafeExceptionReporterFilter):
    """Masks locals by their name and by what their text looks like, marked sensitive or not."""

    def is_active(self, request) -> bool:
        # Django masks nothing while DEBUG is on.
        return True

    def get_traceback_frame_variables(self, request, tb_frame):
        found = super().get_traceback_frame_variables(request, tb_frame)
        return [(name, masked(name, value)) for name, value in found]


class Report(ExceptionReporter):
    """The same for the words of the exceptions themselves."""

    def get_traceback_data(self):
        data = super().get_traceback_data()
        for name in ("exception_value", "exception_notes"):
            if data.get(name):
                data[name] = redact(str(data[name]))
        for frame in data.get("frames") or []:
            if frame.get("exc_cause"):
                frame["exc_cause"] = redact(str(frame["exc_cause"]))
        return data
