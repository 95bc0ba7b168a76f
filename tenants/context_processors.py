"""What every page may need to know of the environment that it is shown in."""

from __future__ import annotations

from django.http import HttpRequest

from tenants.models import Environment
from tenants.registry import ServedRetailer


def staging(request: HttpRequest) -> dict[str, object]:
    """``staging``: the clone that is being served; None in production and on the platform's own pages.

    ``staging_source``: address of the page of its source that leads to it, where there is one.
    """
    retailer: ServedRetailer | None = getattr(request, "retailer", None)
    if retailer is None or retailer.environment is not Environment.STAGING:
        return {"staging": None}
    return {"staging": retailer, "staging_source": source_address(request) if retailer.asked_from else ""}


def source_address(request: HttpRequest) -> str:
    """Address of the page of a clone's source; its start page where the clone was asked for at none.

    A clone's host name is its source's with one label more before it.
    """
    retailer: ServedRetailer = request.retailer  # type: ignore[attr-defined]
    host = request.get_host().partition(".")[2]
    return f"{request.scheme}://{host}{retailer.asked_from or '/admin/'}"
