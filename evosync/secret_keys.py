"""The installation's own keys: made by a command, kept by the operator, never invented at start."""

from pathlib import Path

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

# Good enough to look at a page with DEBUG on; refused otherwise.
DEBUG_SECRET_KEY = "django-insecure-evosync-debug-only"
DEBUG_FIELD_KEY = "ZXZvc3luYy1kZWJ1Zy1vbmx5LWRvLW5vdC11c2UtISE="
KNOWN = {DEBUG_SECRET_KEY, DEBUG_FIELD_KEY, "changeme", "change-me", "secret", "insecure"}

MAKE_SECRET_KEY = 'python -c "import secrets; print(secrets.token_urlsafe(50))"'
MAKE_FIELD_KEY = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


def require(secret_key: str, field_keys: list[str], *, debug: bool) -> None:
    """Stop the start on a missing, published or malformed key, and say how to make one."""
    if not debug:
        if not secret_key or secret_key in KNOWN or secret_key.startswith("django-insecure"):
            raise ImproperlyConfigured(f"SECRET_KEY is empty or publicly known. Make one with:\n  {MAKE_SECRET_KEY}")
        if not field_keys or KNOWN & set(field_keys):
            raise ImproperlyConfigured(
                f"FIELD_ENCRYPTION_KEYS is empty or publicly known. Make one with:\n  {MAKE_FIELD_KEY}"
            )
    for key in field_keys:
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(
                f"FIELD_ENCRYPTION_KEYS holds something that is no key. Make one with:\n  {MAKE_FIELD_KEY}"
            ) from None


def keep(folder: Path) -> dict[str, str]:
    """Keys of a folder (the demo's), made on first use and readable by their owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {
        "SECRET_KEY": get_random_secret_key,
        "FIELD_ENCRYPTION_KEYS": lambda: Fernet.generate_key().decode(),
    }
    keys = {}
    for name, make in made.items():
        file = folder / name.lower()
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(make())
        keys[name] = file.read_text().strip()
    return keys
