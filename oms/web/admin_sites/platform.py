"""The platform's own back office: the registry of retailers, and the platform's staff."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display, register
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString

from oms.infra.accounts.admin import StaffAdmin, StaffGroupAdmin
from oms.infra.accounts.models import User
from oms.infra.backoffice.display import Tone, badge, moment
from oms.infra.backoffice.links import list_address
from oms.infra.backoffice.lists import ReadOnlyAdmin
from oms.infra.backoffice.site import BackOfficeSite
from tenants.models import Domain, Environment, Retailer


class PlatformSite(BackOfficeSite):
    """Served at the platform's host name alone."""

    settings_name = "UNFOLD_PLATFORM"
    index_title = "Platform"

    def index(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list of retailers, for those who may view it."""
        if request.user.has_perm("tenants.view_retailer"):
            return HttpResponseRedirect(list_address(Retailer))
        return super().index(request, extra_context)


platform_site = PlatformSite(name="admin")


def environment_badge(retailer: Retailer) -> SafeString:
    """The environment in words."""
    real = retailer.environment == Environment.PRODUCTION
    return badge(retailer.get_environment_display(), Tone.DONE if real else Tone.WAITING)


@register(Retailer, site=platform_site)
class RetailerAdmin(ReadOnlyAdmin[Retailer]):
    """Retailers. They are made and changed by commands, as the deploying role."""

    list_display = ("name", "schema_name", "kind", "hosts", "time_zone", "created")
    list_select_related = ("source",)
    ordering = ("schema_name",)
    sortable_by = ()
    search_help_text = "Name or schema"
    fields = ("name", "schema_name", "kind", "source", "hosts", "time_zone", "created")
    readonly_fields = ("kind", "hosts", "created")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Retailer]:
        """With the host names that the list shows."""
        return super().get_queryset(request).prefetch_related("domains")

    @display(description="Environment")
    def kind(self, retailer: Retailer) -> SafeString:
        """In words."""
        return environment_badge(retailer)

    @display(description="Served at")
    def hosts(self, retailer: Retailer) -> str:
        """Host names."""
        return ", ".join(str(domain) for domain in retailer.domains.all()) or "nowhere"

    @display(description="Created")
    def created(self, retailer: Retailer) -> str:
        """When, in UTC."""
        return moment(retailer.created_at)

    def find(self, rows: QuerySet[Retailer], term: str) -> QuerySet[Retailer]:
        """By a part of the name or by the schema: there are thousands at most."""
        return rows.filter(name__icontains=term) | rows.filter(schema_name=term.lower())


@register(Domain, site=platform_site)
class DomainAdmin(ReadOnlyAdmin[Domain]):
    """Host names at which retailers are served."""

    list_display = ("domain", "retailer", "kind", "is_primary")
    list_display_links = None
    list_select_related = ("tenant",)
    ordering = ("domain",)
    sortable_by = ()
    search_help_text = "Host name"

    @display(description="Retailer")
    def retailer(self, domain: Domain) -> str:
        """Whose it is."""
        return f"{domain.tenant.name} ({domain.tenant.schema_name})"

    @display(description="Environment")
    def kind(self, domain: Domain) -> SafeString:
        """In words."""
        return environment_badge(domain.tenant)

    def find(self, rows: QuerySet[Domain], term: str) -> QuerySet[Domain]:
        """By a part of the name: there are thousands at most."""
        return rows.filter(domain__icontains=term)


platform_site.register(User, StaffAdmin)
platform_site.register(Group, StaffGroupAdmin)
