#!/usr/bin/env python
import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evosync.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # Something for the operator to set right: a sentence helps, a traceback hides it.
        sys.exit(f"EvoSync cannot start. {error}")


if __name__ == "__main__":
    main()
