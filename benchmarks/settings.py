"""The project's settings over a database of the benchmarks' own."""

import os

# Their log would be half of what they do.
os.environ.setdefault("LOG_LEVEL", "ERROR")

from evosync import databases
from evosync.settings import *  # noqa: F403
from evosync.settings import VAR_DIR

# DATABASE_URL is somebody's data: as in the tests, a database that may be dropped has a name of its own.
DATABASES = {"default": databases.from_url(os.environ.get("BENCH_DATABASE_URL", ""), VAR_DIR)}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Collected as in the image, and not into the checkout.
STATIC_ROOT = f"{VAR_DIR}/static"
WHITENOISE_USE_FINDERS = False
