"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from oms.web.startup import refuse_changed_releases

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings.production")

application = get_wsgi_application()
refuse_changed_releases()
