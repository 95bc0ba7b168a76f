"""The registry, in the ``public`` schema: which retailers there are and at which host names.

Nothing in a retailer's schema refers to these rows by foreign key, so that a retailer's schema can be
moved to another server.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin

from oms.infra.database.identity import SCHEMA_PATTERN, STAGING_SUFFIX


class Environment(models.TextChoices):
    """What a schema is for."""

    PRODUCTION = "production", "Production: real orders and real money"
    STAGING = "staging", "Staging: a clone in which nothing leaves the house"


class Retailer(TenantMixin):
    """One retailer's environment: a schema and a role of its own."""

    auto_create_schema = False  # tenants.provisioning makes schemas, as the deploying role
    auto_drop_schema = False

    name = models.CharField(max_length=120)
    environment = models.CharField(max_length=16, choices=Environment.choices, default=Environment.PRODUCTION)
    source = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="staging_clones",
        help_text="The production retailer that a staging environment was cloned from.",
    )  # fmt: skip
    time_zone = models.CharField(
        max_length=64, default="UTC", help_text="IANA name; times are shown to the retailer's staff in it."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="When a staging clone may be dropped; production never expires."
    )
    purpose = models.CharField(
        max_length=200, blank=True, default="", help_text="What a staging clone is for, in words; its pages say so."
    )
    asked_from = models.CharField(
        max_length=200, blank=True, default="",
        help_text="Path of the page of its source at which a staging clone was asked for.",
    )  # fmt: skip

    class Meta:
        ordering: ClassVar = ["schema_name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(schema_name__regex=SCHEMA_PATTERN), name="retailer_schema_name_form"
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(environment=Environment.STAGING, source__isnull=False)
                    | models.Q(environment=Environment.PRODUCTION, source__isnull=True)
                ),
                name="retailer_staging_has_source",
            ),
            # The schema's name alone tells what is not allowed there, so it has to be true.
            models.CheckConstraint(
                condition=(
                    models.Q(environment=Environment.STAGING, schema_name__endswith=STAGING_SUFFIX)
                    | models.Q(environment=Environment.PRODUCTION, expires_at__isnull=True)
                    & ~models.Q(schema_name__endswith=STAGING_SUFFIX)
                ),
                name="retailer_staging_named_so",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Domain(DomainMixin):
    """A host name at which a retailer is served."""

    class Meta:
        ordering: ClassVar = ["domain"]

    def __str__(self) -> str:
        return str(self.domain)
