"""What every page may need to know of the environment that it is shown in."""

from __future__ import annotations

from django.http import HttpRequest

from tenants.models import Environment
from tenants.registry import ServedRetailer


def staging(request: HttpRequest) -> dict[str, ServedRetailer | None]:
    """``staging``: the clone that is being served; None in production and on the platform's own pages."""
    retailer: ServedRetailer | None = getattr(request, "retailer", None)
    return {"staging": retailer if retailer and retailer.environment is Environment.STAGING else None}
