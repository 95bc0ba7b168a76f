"""Database engine of migrations and provisioning."""
