"""The project's settings with a handful changed for tests."""

import os

os.environ["READ_DOTENV"] = "0"
os.environ.setdefault("SECRET_KEY", "only-for-the-tests-of-evosync")
os.environ.setdefault("FIELD_ENCRYPTION_KEYS", "dGVzdC1rZXktb2YtZXZvc3luYy0zMi1ieXRlcy1sbmc=")

from evosync import databases
from evosync.settings import *  # noqa: F403
from evosync.settings import VAR_DIR

# DATABASE_URL is somebody's data: what the tests may make and drop databases on has a name of its own.
DATABASES = {"default": databases.from_url(os.environ.get("TEST_DATABASE_URL", ""), VAR_DIR)}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
