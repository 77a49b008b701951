from django.apps import AppConfig


class SandboxConfig(AppConfig):
    """A Django app only for the sake of `manage.py sandbox`."""

    name = "sandbox"
    verbose_name = "Песочница"
