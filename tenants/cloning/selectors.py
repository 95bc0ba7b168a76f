"""What staging clones there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.infra.database.context import registry_context
from tenants.models import Domain, Environment


@dataclass(frozen=True, slots=True)
class CloneStatus:
    """A staging clone in the registry."""

    source: str
    schema: str
    domain: str
    made_at: datetime
    expires_at: datetime | None
    purpose: str = ""


def clones_of(source: str | None = None) -> list[CloneStatus]:
    """The clones of one retailer or of all, by schema. Opens a context of its own."""
    with registry_context():
        clones = Domain.objects.filter(tenant__environment=Environment.STAGING, is_primary=True)
        if source:
            clones = clones.filter(tenant__source__schema_name=source)
        rows = clones.order_by("tenant__schema_name").values_list(
            "tenant__source__schema_name", "tenant__schema_name", "domain", "tenant__created_at",
            "tenant__expires_at", "tenant__purpose",
        )  # fmt: skip
        return [CloneStatus(*row) for row in rows]
