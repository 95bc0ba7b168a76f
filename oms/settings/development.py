"""One machine, the embedded server unless ``DATABASE_URL`` names another."""

from __future__ import annotations

from oms.settings.base import *  # noqa: F403
from oms.settings.base import DATA_FOLDER, databases, env
from oms.settings.databases import embedded_address, given_address
from oms.settings.development_key import development_key

SECRET_KEY = env.str("OMS_SECRET_KEY", "") or development_key(DATA_FOLDER)
ALLOWED_HOSTS = env.list("OMS_ALLOWED_HOSTS", default=[".localhost", "127.0.0.1", "[::1]"])

if env.str("DATABASE_URL", ""):
    ADDRESS = given_address(env.str("DATABASE_URL"), DATA_FOLDER)
else:
    ADDRESS = embedded_address(DATA_FOLDER / "postgres", "oms")
DATABASES = databases(ADDRESS)

# Straight from the source folders, so that no collectstatic is needed.
WHITENOISE_USE_FINDERS = True

#: A receiver that is tried out listens on this machine.
WEBHOOK_PRIVATE_NETWORKS = env.json("OMS_WEBHOOK_PRIVATE_NETWORKS", default={"*": ["127.0.0.0/8", "::1/128"]})

#: Mail is printed unless somebody says where to.
globals().update(env.email_url("OMS_MAIL_URL", default="consolemail://"))
