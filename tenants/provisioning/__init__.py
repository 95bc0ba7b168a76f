"""Making a retailer: its schema from the template, its role, its host name."""

from tenants.provisioning.services import AlreadyProvisioned, retailer_provision, template_provision

__all__ = ["AlreadyProvisioned", "retailer_provision", "template_provision"]
