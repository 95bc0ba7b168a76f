"""The suite: a scratch cluster, one database for each test process (see tests/conftest.py)."""

from __future__ import annotations

import os

from oms.settings.base import *  # noqa: F403
from oms.settings.base import DATA_FOLDER, databases, env
from oms.settings.databases import embedded_address, given_address

SECRET_KEY = "not a secret: for tests alone"  # noqa: S105
ALLOWED_HOSTS = [".localhost", "testserver", "127.0.0.1"]
TEST_DATABASE = os.environ.get("OMS_TEST_DATABASE") or (f"oms_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")

if env.str("DATABASE_URL", ""):
    ADDRESS = given_address(env.str("DATABASE_URL"), DATA_FOLDER).with_database(TEST_DATABASE)
else:
    ADDRESS = embedded_address(DATA_FOLDER / "postgres-test", TEST_DATABASE, scratch=True)
DATABASES = databases(ADDRESS)

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Receivers of webhooks in the suite listen on this machine.
WEBHOOK_PRIVATE_NETWORKS = {"*": ["127.0.0.0/8"]}
CHANNELS_REACH_INNER_ADDRESSES = True

EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
DEFAULT_FROM_EMAIL = "notices@oms.example"
