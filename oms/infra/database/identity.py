"""Whom a transaction serves: the role and the search path that it takes."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: A retailer's schema: also the end of its role name and of its job locks.
SCHEMA_PATTERN = r"^[a-z][a-z0-9_]{0,47}$"
_SCHEMA = re.compile(SCHEMA_PATTERN)
_RESERVED = ("pg_", "public", "information_schema", "oms_")

PUBLIC_SCHEMA = "public"
#: The schema from which a new retailer's schema is made. No retailer lives in it.
TEMPLATE_SCHEMA = "oms_template"
PLATFORM_ROLE = "oms_platform"
#: The end of a staging clone's schema, and of no other: what is not allowed in a clone is decided by it.
STAGING_SUFFIX = "__staging"


class BadSchemaName(ValueError):
    """The name cannot be a retailer's schema."""


def check_schema_name(schema: str) -> str:
    """Return ``schema`` when it can name a retailer's schema; raise :class:`BadSchemaName` otherwise."""
    if not _SCHEMA.match(schema) or schema.startswith(_RESERVED):
        message = (
            f"{schema!r} cannot name a retailer's schema: use 1 to 48 lower-case letters, digits and "
            "underscores, a letter first, not beginning with pg_, public, information_schema or oms_"
        )
        raise BadSchemaName(message)
    return schema


def is_staging(schema: str) -> bool:
    """Whether a schema is a staging clone's."""
    return schema.endswith(STAGING_SUFFIX)


def retailer_role(schema: str) -> str:
    """The database role that may reach this schema and no other."""
    return f"retailer_{schema}"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a transaction takes on as it begins."""

    schema: str
    role: str | None

    @property
    def begin_sql(self) -> str:
        """One string, so that beginning a transaction and taking the role cost one round trip.

        ``pg_temp`` is named last: unnamed it would be searched first, and a temporary table could
        stand in for a real one.
        """
        path = f'"{self.schema}", public, pg_temp' if self.schema != PUBLIC_SCHEMA else "public, pg_temp"
        take_role = f'; SET LOCAL ROLE "{self.role}"' if self.role else ""
        return f"BEGIN; SET LOCAL search_path = {path}{take_role}"


def retailer_identity(schema: str) -> Identity:
    """Serve one retailer. Raises :class:`BadSchemaName`."""
    return Identity(check_schema_name(schema), retailer_role(schema))


#: The platform's own back office: registry, release catalogue, platform staff.
PLATFORM = Identity(PUBLIC_SCHEMA, PLATFORM_ROLE)
#: Resolving a host name to a retailer: no role taken, so nothing but the registry can be read.
REGISTRY = Identity(PUBLIC_SCHEMA, None)
