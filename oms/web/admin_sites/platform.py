"""The platform's own back office: the registry of retailers."""

from __future__ import annotations

from unfold.sites import UnfoldAdminSite


class PlatformSite(UnfoldAdminSite):
    """Served at the platform's host name alone."""


platform_site = PlatformSite(name="admin")
