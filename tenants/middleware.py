"""Each request runs as the retailer whose host name it came to, in one transaction."""

from __future__ import annotations

import logging
import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.template.loader import render_to_string
from django.utils import timezone

from oms.infra.database.context import platform_context, retailer_context
from tenants.context_processors import source_address
from tenants.models import Environment
from tenants.registry import ServedRetailer, forget, retailer_for_host

logger = logging.getLogger(__name__)

#: Served at any host name, without a retailer: probes and static files know of none.
_EVERYWHERE = ("/health/",)


class RetailerMiddleware:
    """Resolves the host name, opens the transaction, and undoes it when the view raised."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_EVERYWHERE):
            return self.get_response(request)
        try:
            return self._served(request)
        except (OperationalError, InterfaceError):
            # It may have gone away at any point, the commit included.
            logger.exception("the database went away")
            page = render_to_string("tenants/database_away.html", {"address": request.get_full_path()})
            return HttpResponse(page, status=503, headers={"Retry-After": "2"})

    def _served(self, request: HttpRequest) -> HttpResponse:
        host = request.get_host().rsplit(":", 1)[0].lower()
        if host == settings.PLATFORM_HOST:
            request.urlconf = settings.PLATFORM_URLCONF
            with platform_context():
                return self._respond(request)
        retailer = retailer_for_host(host)
        if retailer is None:
            return HttpResponseNotFound("No retailer is served at this address.\n", content_type="text/plain")
        request.retailer = retailer  # type: ignore[attr-defined]
        if retailer.environment is Environment.STAGING:
            return self._respond_in_clone(request, host, retailer)
        return self._respond_for(request, retailer)

    def _respond_for(self, request: HttpRequest, retailer: ServedRetailer) -> HttpResponse:
        with timezone.override(zoneinfo.ZoneInfo(retailer.time_zone)), retailer_context(retailer.schema):
            return self._respond(request)

    def _respond_in_clone(self, request: HttpRequest, host: str, retailer: ServedRetailer) -> HttpResponse:
        """A clone may have been dropped since its host name was looked up: that is no fault of the server's."""
        try:
            response = self._respond_for(request, retailer)
            failed = getattr(request, "view_raised", False)
        except DatabaseError:
            if not _is_gone(host):
                raise
            failed = True
        if failed and _is_gone(host):
            page = render_to_string("tenants/clone_gone.html", {"address": source_address(request)})
            return HttpResponseNotFound(page)
        return response

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


def _is_gone(host: str) -> bool:
    """Whether nobody is served at a host name now, whatever is remembered."""
    forget(host)
    return retailer_for_host(host) is None
