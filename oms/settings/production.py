"""The real thing: everything that matters is given by the environment, and nothing is made up."""

from __future__ import annotations

from oms.settings.base import *  # noqa: F403
from oms.settings.base import DATA_FOLDER, databases, env
from oms.settings.databases import given_address

SECRET_KEY = env.str("OMS_SECRET_KEY")
ALLOWED_HOSTS = env.list("OMS_ALLOWED_HOSTS")
ADDRESS = given_address(env.str("DATABASE_URL"), DATA_FOLDER)
DATABASES = databases(ADDRESS)

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
SECURE_SSL_REDIRECT = env.bool("OMS_SSL_REDIRECT", True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
