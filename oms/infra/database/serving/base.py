"""One transaction, one role: the engine through which every retailer is served.

A transaction that begins takes the identity that :func:`oms.infra.database.context.retailer_context` set: its search
path and role hold for that transaction only, so neither a connection pool nor a forgotten reset can carry
them over. Outside such a context no cursor is handed out, and the login role could not read anything anyway.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from django.db.backends.postgresql.psycopg_any import register_tzloader
from django.utils.functional import cached_property
from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantsWrapper
from django_tenants.postgresql_backend.base import FakeTenant

from oms.infra.database.identity import PUBLIC_SCHEMA, Identity

_ROLE_CHANGE = re.compile(
    r"\b(?:set|reset)\s+(?:local\s+|session\s+)?(?:role|session\s+authorization)\b"
    r"|\bset_config\s*\(|\breset\s+all\b|\bdiscard\s+all\b",
    re.IGNORECASE,
)


class OutsideContext(RuntimeError):
    """A statement was sent while no retailer is being served."""


class IdentityChange(RuntimeError):
    """Another retailer or role was asked for while a transaction is open."""


class _PreparedCursor(psycopg.Cursor[Any]):
    """Binds values by the server, and lets it keep the statement's plan."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, prepare=True, **options)


class DatabaseWrapper(TenantsWrapper):
    """Begins each transaction as one identity and refuses statements outside of one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._identity: Identity | None = None
        self._settled = False
        self._direct_to: Any = None
        super().__init__(*args, **kwargs)
        self._settled = True
        self.execute_wrappers.append(_refuse_role_change)

    # -- who is served ---------------------------------------------------------------------------

    @property
    def identity(self) -> Identity | None:
        """Whom this connection serves now; None outside every context."""
        return self._identity

    def take(self, identity: Identity) -> None:
        """Serve ``identity`` from the next transaction on. Raises :class:`IdentityChange` inside one."""
        if self.in_atomic_block or self._identity is not None:
            serving = self._identity.schema if self._identity else "nobody"
            message = (
                f"cannot serve {identity.schema} now: a transaction that serves {serving} is open; "
                "end it first, then open another context"
            )
            raise IdentityChange(message)
        self._identity = identity
        self._show(identity.schema)

    def leave(self) -> None:
        """Serve nobody. The transaction has ended before this is called."""
        self._identity = None
        self._show(PUBLIC_SCHEMA)

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        """Refused: a search path set aside from the transaction could outlive it."""
        if self._settled:
            message = "use oms.infra.database.context.retailer_context(): it sets the schema for one transaction only"
            raise IdentityChange(message)
        super().set_tenant(tenant, include_public)

    def _show(self, schema: str) -> None:
        # Third-party code (cache keys, log records) reads these two.
        self.schema_name = schema
        self.tenant = FakeTenant(schema)

    # -- transactions ----------------------------------------------------------------------------

    def _start_transaction_under_autocommit(self) -> None:
        # Django's hook for engines that begin transactions themselves. The connection stays in
        # psycopg's autocommit mode, so that BEGIN travels with the role in one round trip.
        if self._identity is None:
            raise OutsideContext(_ADVICE)
        with self.wrap_database_errors:
            try:
                self.connection.execute(self._identity.begin_sql)
            except psycopg.OperationalError:
                if not self.connection.closed:
                    raise
                # The server was restarted while the connection was idle. Nothing has run yet in this
                # transaction: one new connection is safe, and saves a health check for every request.
                self.close()
                self.connect()
                self.connection.execute(self._identity.begin_sql)
            except psycopg.Error:
                self.connection.rollback()
                raise

    def ask_alone(
        self, identity: Identity, statement: str, values: Sequence[object], *, flushed: bool = True
    ) -> list[tuple[Any, ...]]:
        """Begin as ``identity``, ask one question, commit: one round trip. Nothing is open before or after."""
        self.ensure_connection()
        lazily = "" if flushed else "; SET LOCAL synchronous_commit = off"
        whole = f"{identity.begin_sql}{lazily}; {statement}; COMMIT"
        with self.wrap_database_errors:
            try:
                cursor = self.connection.execute(whole, values)
            except psycopg.OperationalError:
                if not self.connection.closed:
                    self.connection.rollback()
                    raise
                self.close()  # the server was restarted meanwhile: as above, but what was asked may have happened
                self.connect()
                cursor = self.connection.execute(whole, values)
            except psycopg.Error:
                self.connection.rollback()
                raise
            while cursor.description is None and cursor.nextset():
                pass
            return list(cursor.fetchall())

    @cached_property
    def pg_version(self) -> int:
        """Known from the connection itself: asking by a statement would need a context."""
        self.ensure_connection()
        return int(self.connection.info.server_version)

    def _handle_search_path(self, cursor: Any = None) -> None:
        # The transaction's own SET LOCAL rules; django-tenants' session-wide SET is not wanted.
        return

    def _cursor(self, name: str | None = None) -> Any:
        if self._identity is None or not self.in_atomic_block:
            raise OutsideContext(_ADVICE)
        return super()._cursor(name)

    def prepared_cursor(self) -> Any:
        """A cursor whose statements are prepared; see :mod:`oms.infra.database.prepared`."""
        if self._identity is None or not self.in_atomic_block:
            raise OutsideContext(_ADVICE)
        self.ensure_connection()
        if self._direct_to is not self.connection:
            self._allow_prepared()
        cursor = _PreparedCursor(self.connection)
        loader = self.connection.adapters.get_loader(_TIMESTAMPTZ, psycopg.pq.Format.TEXT)
        if self.timezone != getattr(loader, "timezone", None):
            register_tzloader(self.timezone, cursor)
        return self._prepare_cursor(cursor)

    def _allow_prepared(self) -> None:
        """Prepare statements where we talk to one server process: a pooler tells a process number of its own."""
        with self.wrap_database_errors:
            row = self.connection.execute("SELECT pg_backend_pid()").fetchone()
        direct = row is not None and row[0] == self.connection.info.backend_pid
        if direct:  # lists of two names or of ten need no plan of their own each time
            self.connection.execute("SET plan_cache_mode = force_generic_plan")
        self.connection.prepare_threshold = 0 if direct else None
        self._direct_to = self.connection

    def create_cursor(self, name: str | None = None) -> Any:
        cursor = super().create_cursor(name)
        if name:
            cursor._withhold = False  # always inside a transaction: nothing is to outlive it
        return cursor


_TIMESTAMPTZ = psycopg.postgres.types["timestamptz"].oid
_ADVICE = (
    "no retailer is being served here: open `with retailer_context(schema):` (oms.infra.database.context) around "
    "the work; a request does so by its host name, a job by the schema in its arguments"
)


@lru_cache(maxsize=2_000)
def _changes_role(text: str) -> bool:
    """Looked through once for each text: the same statements come with every request, and the long ones cost most."""
    return _ROLE_CHANGE.search(text) is not None


def _refuse_role_change(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Stop raw SQL that would step out of the transaction's role before it reaches the server."""
    text = sql if isinstance(sql, str) else sql.as_string(context["connection"].connection)
    if _changes_role(text):
        message = "a statement may not change the role or settings of the transaction that serves a retailer"
        raise IdentityChange(message)
    return execute(sql, params, many, context)
