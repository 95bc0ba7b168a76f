"""The embedded PostgreSQL server that development, the demonstration and the tests run on."""

from oms.infra.postgres.embedded import EmbeddedServer

__all__ = ["EmbeddedServer"]
