#!/usr/bin/env python
import os
import sys


def enter_environment(words: list[str]) -> None:
    """Some commands bring their own settings, which have to be there before any is read."""
    command = words[0] if words else ""
    if command == "demo" or (command == "run" and "--sandbox" in words):
        from evosync import sandboxed

        sandboxed.enter()
    elif command == "sandbox":
        from evosync import secret_keys

        # It holds no secret of anybody's and keeps none.
        os.environ |= {name: key for name, key in secret_keys.made().items() if not os.environ.get(name)}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evosync.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        enter_environment(sys.argv[1:])
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # Something for the operator to set right: a sentence helps, a traceback hides it.
        sys.exit(f"EvoSync cannot start. {error}")


if __name__ == "__main__":
    main()
