"""The retailer's back office."""

from __future__ import annotations

from unfold.sites import UnfoldAdminSite


class RetailerSite(UnfoldAdminSite):
    """Served at each retailer's host name."""


retailer_site = RetailerSite(name="admin")
