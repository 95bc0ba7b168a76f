"""The only doors to a schema: one context, one transaction, one role."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from django.db import connection as django_connection
from django.db import transaction

from oms.infra.database.identity import PLATFORM, REGISTRY, Identity, retailer_identity

if TYPE_CHECKING:
    from oms.infra.database.serving.base import DatabaseWrapper


@contextmanager
def retailer_context(schema: str) -> Iterator[None]:
    """Serve the retailer of ``schema``: a transaction with its role, committed at the end.

    Inside a context of the same retailer it joins that transaction as a savepoint. Raises
    :class:`~oms.infra.database.serving.base.IdentityChange` inside a context of another one, and
    :class:`~oms.infra.database.identity.BadSchemaName`.
    """
    with _serving(retailer_identity(schema)):
        yield


@contextmanager
def platform_context() -> Iterator[None]:
    """Serve the platform's own staff: the registry and the catalogue, no retailer's schema."""
    with _serving(PLATFORM):
        yield


@contextmanager
def registry_context() -> Iterator[None]:
    """Read which host name belongs to which retailer, and nothing else."""
    with _serving(REGISTRY):
        yield


def ask_alone(
    schema: str, statement: str, values: Sequence[str | int | bytes], *, flushed: bool = True
) -> list[tuple[Any, ...]]:
    """Rows of one statement in a transaction of its own, committed when this returns; in one round trip.

    For what must hold whatever becomes of the work around it, and must not hold its locks for as long: counting
    calls. ``statement`` is one, without a semicolon. Inside a context of the same retailer it is a part of that.
    ``flushed=False``: it is on disk with the next transaction that is, so a server that crashes before may forget it.
    """
    wrapper = _connection()
    if not wrapper.in_atomic_block:
        return wrapper.ask_alone(retailer_identity(schema), statement, values, flushed=flushed)
    with retailer_context(schema), django_connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cast("list[tuple[Any, ...]]", cursor.fetchall())


def served_schema() -> str:
    """Schema that is being served in this thread; ``public`` outside every retailer."""
    identity = _connection().identity
    return identity.schema if identity else "public"


@contextmanager
def _serving(identity: Identity) -> Iterator[None]:
    connection = _connection()
    if connection.identity == identity and connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    connection.take(identity)
    try:
        with transaction.atomic():
            yield
    finally:
        connection.leave()


def _connection() -> DatabaseWrapper:
    return cast("DatabaseWrapper", django_connection)
