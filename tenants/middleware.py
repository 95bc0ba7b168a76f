"""Each request runs as the retailer whose host name it came to, in one transaction."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.utils import timezone

from oms.infra.database.context import platform_context, retailer_context
from tenants.registry import retailer_for_host

#: Served at any host name, without a retailer: probes and static files know of none.
_EVERYWHERE = ("/health/",)


class RetailerMiddleware:
    """Resolves the host name, opens the transaction, and undoes it when the view raised."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_EVERYWHERE):
            return self.get_response(request)
        host = request.get_host().rsplit(":", 1)[0].lower()
        if host == settings.PLATFORM_HOST:
            request.urlconf = settings.PLATFORM_URLCONF
            with platform_context():
                return self._respond(request)
        retailer = retailer_for_host(host)
        if retailer is None:
            return HttpResponseNotFound("No retailer is served at this address.\n", content_type="text/plain")
        request.retailer = retailer  # type: ignore[attr-defined]
        with timezone.override(zoneinfo.ZoneInfo(retailer.time_zone)), retailer_context(retailer.schema):
            return self._respond(request)

    def _respond(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(request, "view_raised", False):
            transaction.set_rollback(True)
        if hasattr(response, "render") and callable(response.render):
            response.render()
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """The view raised: whatever it wrote goes back when the response is ready."""
        request.view_raised = True  # type: ignore[attr-defined]
