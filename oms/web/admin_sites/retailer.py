"""The retailer's back office as a whole: its name, its badge, what its search finds, its home page.

The site itself stands in :mod:`oms.infra.backoffice.site`, below the modules that put their screens on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

from oms.infra.backoffice.site import retailer_site
from oms.web.admin_sites.finders import find_records
from oms.web.workspace.lists import ListWorkspace
from tenants.models import Environment

if TYPE_CHECKING:
    from tenants.registry import ServedRetailer

__all__ = ["environment", "retailer_name", "retailer_site", "served", "title_prefix"]

retailer_site.index_template = "web/home.html"
retailer_site.finders.append(find_records)
retailer_site.workspace = ListWorkspace()


def served(request: HttpRequest) -> ServedRetailer:
    """Whose back office this request came to."""
    retailer: ServedRetailer = request.retailer  # type: ignore[attr-defined]
    return retailer


def retailer_name(request: HttpRequest) -> str:
    """Title of every page."""
    return served(request).name


def environment(request: HttpRequest) -> list[str] | None:
    """A badge on every page of an environment that is not the real thing."""
    if served(request).environment == Environment.STAGING:
        return ["Staging: nothing leaves the house", "warning"]
    return None


def title_prefix(request: HttpRequest) -> str | None:
    """The same in the browser's tab."""
    return "[staging]" if served(request).environment == Environment.STAGING else None
