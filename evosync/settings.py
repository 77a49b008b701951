"""Every setting, read from the environment or `.env`. `.env.example` says what each is for."""

import logging
import warnings
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import environ
from django.contrib.messages import constants as message_levels
from django.core.exceptions import ImproperlyConfigured

from evosync import databases, logs, metric_files, panel, policies, secret_keys, settings_reader

BASE_DIR = Path(__file__).resolve().parent.parent
env = settings_reader.Env()
if env.bool("READ_DOTENV", default=True):
    environ.Env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
# What is empty may lie in a file of this folder, as containers keep it.
KEYS_DIR = env.str("KEYS_DIR", default="")
_kept = secret_keys.read(Path(KEYS_DIR)) if KEYS_DIR else {}
SECRET_KEY = env.str("SECRET_KEY", default="") or _kept.get("SECRET_KEY", "")
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", default=[]) or [
    key for key in _kept.get("FIELD_ENCRYPTION_KEYS", "").split(",") if key
]
secret_keys.require(SECRET_KEY, FIELD_ENCRYPTION_KEYS, debug=DEBUG)
if DEBUG:
    SECRET_KEY = SECRET_KEY or secret_keys.DEBUG_SECRET_KEY
    FIELD_ENCRYPTION_KEYS = FIELD_ENCRYPTION_KEYS or [secret_keys.DEBUG_FIELD_KEY]

# Where the site is: hosts, CSRF origins, secure cookies and links follow from it.
BASE_URL = env.str("BASE_URL", default="http://localhost:8000").rstrip("/")
_base = urlsplit(BASE_URL)
if _base.scheme not in ("http", "https") or not _base.hostname:
    raise ImproperlyConfigured(f"BASE_URL must be an http:// or https:// address, not {BASE_URL!r}.")
_local = _base.hostname in ("localhost", "127.0.0.1", "::1")
ALLOWED_HOSTS = [
    f"[{_base.hostname}]" if ":" in _base.hostname else _base.hostname,
    *(["localhost", "127.0.0.1", "[::1]"] if _local else []),
]
CSRF_FAILURE_VIEW = "evosync.views.stale_form"
CSRF_TRUSTED_ORIGINS = [f"{_base.scheme}://{_base.netloc}"]
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
try:
    [ip_network(_proxy, strict=False) for _proxy in TRUSTED_PROXIES]
except ValueError as _error:
    raise ImproperlyConfigured(f"TRUSTED_PROXIES must hold addresses or networks: {_error}.") from None
_https = _base.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
# `evosync.proxies` lets the header through from those proxies alone.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
# Without a trusted proxy nobody could tell us that a request came by https: the redirect would turn in a circle.
SECURE_SSL_REDIRECT = _https and bool(TRUSTED_PROXIES)
SECURE_SSL_HOST = _base.netloc
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _https else 0
# Whose address stands in the log: what the request came with after `evosync.proxies`, and no header of anybody.
IPWARE_META_PRECEDENCE_ORDER = ("REMOTE_ADDR",)
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = policies.PAGES

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.guardian",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "guardian",
    "django_q",
    "bootstrap",
    "django_htmx",
    "accounts",
    "connections",
    "catalog",
    "vkmarket",
    "evosync",
    "sandbox",
]
MIDDLEWARE = [
    "evosync.probes.Probes",
    "evosync.metrics.Requests",
    "evosync.proxies.TrustedProxies",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "evosync.policies.panel_policy",
    "evosync.returning.to_a_page",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
]
ROOT_URLCONF = "evosync.urls"
WSGI_APPLICATION = "evosync.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "evosync.context.site",
            ],
        },
    },
]

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
DATABASES = {"default": databases.from_url(env.str("DATABASE_URL", default=""), VAR_DIR)}
# MariaDB has no constraint and no index with a condition. Ours have none; packages do, and every command would say so.
SILENCED_SYSTEM_CHECKS = ["models.W036", "models.W037"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
# Guardian's anonymous user would be a row of our users table that nobody made.
ANONYMOUS_USER_NAME = None

LANGUAGE_CODE = "ru"
LANGUAGES = [("ru", "Русский"), ("en", "English")]
# What was chosen in the footer outlives the browser's session.
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = _https
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Moscow")
if TIME_ZONE not in available_timezones():
    raise ImproperlyConfigured(f"TIME_ZONE is no time zone: {TIME_ZONE!r}. Example: Europe/Moscow.")
USE_TZ = True

# Named as Bootstrap names its alerts.
MESSAGE_TAGS = {message_levels.DEBUG: "secondary", message_levels.ERROR: "danger"}

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
# Nothing is collected on a machine that runs from its checkout: the finders serve it.
warnings.filterwarnings("ignore", message="No directory at", category=UserWarning)
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(VAR_DIR / "media"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
if LOG_LEVEL not in logging.getLevelNamesMapping():
    raise ImproperlyConfigured(f"LOG_LEVEL is none of DEBUG, INFO, WARNING, ERROR: {LOG_LEVEL!r}.")
LOGGING = logs.config(LOG_LEVEL, json=env.bool("LOG_JSON", default=False))
# Whoever knows the token may read `/metrics`; without one nothing is kept for it.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
PROMETHEUS_MULTIPROC_DIR = env.str("PROMETHEUS_MULTIPROC_DIR", default=str(VAR_DIR / "metrics"))
if METRICS_TOKEN:
    metric_files.share(PROMETHEUS_MULTIPROC_DIR)
else:
    metric_files.keep_to_itself()
DEFAULT_EXCEPTION_REPORTER = "evosync.error_reports.Report"
DEFAULT_EXCEPTION_REPORTER_FILTER = "evosync.error_reports.SecretsOut"

# The outside APIs. Paths are appended, so an address may carry a prefix of its own.
EVOTOR_API_URL = env.str("EVOTOR_API_URL", default="https://api.evotor.ru").rstrip("/")
EVOTOR_APP_ID = env.str("EVOTOR_APP_ID", default="")
VK_API_URL = env.str("VK_API_URL", default="https://api.vk.ru").rstrip("/")
VK_API_VERSION = env.str("VK_API_VERSION", default="5.199")
VK_DEFAULT_PHOTO_PATH = env.str(
    "VK_DEFAULT_PHOTO_PATH", default=str(BASE_DIR / "vkmarket/static/vkmarket/default_product.png")
)

# Where the sandbox stands in for all of them: its till and window are linked from the site.
SANDBOX_URL = env.str("SANDBOX_URL", default="").rstrip("/")

# Waits and limits of the design, in seconds unless named otherwise.
CATALOG_REFRESH_INTERVAL_SECONDS = env.int("CATALOG_REFRESH_INTERVAL_SECONDS", default=3600)
HEALTH_CHECK_INTERVAL_SECONDS = env.int("HEALTH_CHECK_INTERVAL_SECONDS", default=600)
if min(CATALOG_REFRESH_INTERVAL_SECONDS, HEALTH_CHECK_INTERVAL_SECONDS) < 1:
    raise ImproperlyConfigured("CATALOG_REFRESH_INTERVAL_SECONDS and HEALTH_CHECK_INTERVAL_SECONDS must be at least 1.")
VK_CALL_DEADLINE = env.float("VK_CALL_DEADLINE", default=30)
VK_READ_LAG = env.float("VK_READ_LAG", default=900)
# How many goods a community may get in an hour and in a day; 0: no cap of ours.
VK_CREATES_PER_HOUR = env.int("VK_CREATES_PER_HOUR", default=0)
VK_CREATES_PER_DAY = env.int("VK_CREATES_PER_DAY", default=0)
LEASE_SECONDS = env.float("LEASE_SECONDS", default=120)
if VK_CALL_DEADLINE + min(10, LEASE_SECONDS / 10) > LEASE_SECONDS:
    raise ImproperlyConfigured("LEASE_SECONDS must cover VK_CALL_DEADLINE and 10 seconds more.")
STORE_STALE_HOURS = env.float("STORE_STALE_HOURS", default=72)

MAILERS = {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}}

# The queue: in the database, or in Redis for workers on several machines.
REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured("REDIS_URL must begin with redis://, rediss:// or unix://.")
# Limits of attempts are counted here, by all processes of all machines together.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "evosync",
    }
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    # django-q2 writes down how its cluster does twice a second, for nobody.
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
WORKERS = env.int("WORKERS", default=2)
DISPATCH_SECONDS = env.int("DISPATCH_SECONDS", default=60)
JOBS_KEPT_DAYS = env.int("JOBS_KEPT_DAYS", default=30)
if min(WORKERS, DISPATCH_SECONDS, JOBS_KEPT_DAYS) < 1:
    raise ImproperlyConfigured("WORKERS, DISPATCH_SECONDS and JOBS_KEPT_DAYS must be at least 1.")
Q_CLUSTER = {
    "name": "evosync",
    "label": "Очередь задач",
    **({"redis": REDIS_URL} if REDIS_URL else {"orm": "default"}),
    "workers": WORKERS,
    # What was fetched ahead waits behind a long job while other workers have nothing to do.
    "queue_limit": 1,
    "timeout": 60,
    "retry": 100,
    # Every result is kept until `prune`: counting them at each would halve the speed.
    "save_limit": 0,
    # Else a job that raises would run again without end. What it left undone is a fact in the rows.
    "ack_failures": True,
    "cache": "process",
    "catch_up": False,
    # Two queues, each with workers of its own: what is quick never waits behind what is long.
    "ALT_CLUSTERS": {"now": {}, "long": {"scheduler": False}},
}

UNFOLD = panel.UNFOLD
