"""Probes for load balancers and supervisors."""

from __future__ import annotations

from django.db import Error
from django.http import HttpRequest, JsonResponse

from oms.infra.database.context import registry_context
from tenants.models import Retailer


def alive(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "alive"})


def ready(request: HttpRequest) -> JsonResponse:
    """The process reaches its database."""
    try:
        with registry_context():
            Retailer.objects.values("pk").first()
    except Error:
        return JsonResponse({"status": "no database"}, status=503)
    return JsonResponse({"status": "ready"})
