"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings.production")

application = get_wsgi_application()

from oms.web.startup import keep_what_is_loaded, refuse_changed_releases  # noqa: E402 - models can be imported only now

refuse_changed_releases()
keep_what_is_loaded()
