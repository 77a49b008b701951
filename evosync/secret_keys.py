"""The installation's own keys: made by a command, kept by the operator, never invented at start."""

import os
import secrets
import shlex
import sys
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

# Good enough to look at a page with DEBUG on; refused otherwise.
DEBUG_SECRET_KEY = "django-insecure-evosync-debug-only"
DEBUG_FIELD_KEY = "ZXZvc3luYy1kZWJ1Zy1vbmx5LWRvLW5vdC11c2UtISE="
KNOWN = {DEBUG_SECRET_KEY, DEBUG_FIELD_KEY, "changeme", "change-me", "change_me", "secret", "insecure"}

# Any Python makes them: the one that runs is named, as `python` alone may be another or none.
PYTHON = shlex.quote(sys.executable or "python3")
MAKE_SECRET_KEY = f'{PYTHON} -c "import secrets; print(secrets.token_urlsafe(50))"'
MAKE_FIELD_KEY = f'{PYTHON} -c "import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())"'


def require(secret_key: str, field_keys: list[str], *, debug: bool) -> None:
    """Stop the start on a missing, published or malformed key, and say how to make one."""
    if not debug:
        if not secret_key or secret_key.lower() in KNOWN or secret_key.startswith("django-insecure"):
            raise refusal("SECRET_KEY", "is empty or publicly known", MAKE_SECRET_KEY)
        if not field_keys or KNOWN & set(field_keys):
            raise refusal("FIELD_ENCRYPTION_KEYS", "is empty or publicly known", MAKE_FIELD_KEY)
        if secret_key in field_keys:
            raise refusal("FIELD_ENCRYPTION_KEYS", "repeats SECRET_KEY", MAKE_FIELD_KEY)
    for key in field_keys:
        try:
            Fernet(key)
        except ValueError:
            raise refusal("FIELD_ENCRYPTION_KEYS", "holds something that is no key", MAKE_FIELD_KEY) from None


def refusal(name: str, fault: str, command: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"{name} {fault}.\nMake one with\n\n    {command}\n\nand set {name} to it, in the environment or in .env."
    )


def made() -> dict[str, str]:
    """Fresh keys, by the names of their settings."""
    return {"SECRET_KEY": secrets.token_urlsafe(50), "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode()}


def keep(folder: Path) -> dict[str, str]:
    """Keys of a folder, made on first use and readable by their owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, key in made().items():
        if not (folder / name.lower()).exists():
            _write(folder / name.lower(), key)
    return read(folder)


def read(folder: Path) -> dict[str, str]:
    """The keys that are there."""
    files = {name: folder / name.lower() for name in made()}
    return {name: file.read_text().strip() for name, file in files.items() if file.exists()}


def _write(file: Path, key: str) -> None:
    """All at once, and only if nobody was quicker: who reads it meanwhile finds nothing or a whole key."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(key)
    with suppress(FileExistsError):
        os.link(draft, file)
    draft.unlink()


if __name__ == "__main__":
    # In a container: before anything that needs them. What lies there already stays.
    keep(Path(sys.argv[1]))
