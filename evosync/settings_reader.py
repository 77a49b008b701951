"""Settings that cannot be read stop the start with their name."""

import environ
from django.core.exceptions import ImproperlyConfigured


class Env(environ.Env):
    def get_value(self, var, cast=None, default=environ.Env.NOTSET, parse_default=False):
        try:
            value = super().get_value(var, cast, default, parse_default)
        except ValueError:
            raise ImproperlyConfigured(f"{var} must be a number, not {self.ENVIRON.get(var)!r}.") from None
        if isinstance(value, int | float) and value < 0:
            raise ImproperlyConfigured(f"{var} must not be negative.")
        return value
