"""Makes the database that every test database is copied from: the retailers acme and globex, both empty."""

from __future__ import annotations

import django
from django.core.management import call_command


def main() -> None:
    """Set up, migrate, provision."""
    django.setup()
    from tenants.provisioning import retailer_provision, template_provision

    call_command("setup_database", verbosity=0)
    call_command("migrate_schemas", schema_name="public", verbosity=0)
    call_command("publish_releases", verbosity=0)
    template_provision()
    retailer_provision(schema="acme", name="Acme", domain="acme.localhost", time_zone="Europe/London")
    retailer_provision(schema="globex", name="Globex", domain="globex.localhost", time_zone="America/New_York")


if __name__ == "__main__":
    main()
