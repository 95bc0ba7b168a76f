"""Prepared statements: kept for a connection, one retailer's never another's, and not used behind a pooler."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection

from oms.infra.database.context import retailer_context
from oms.infra.database.prepared import prepared
from oms.infra.database.serving.base import IdentityChange, OutsideContext
from orders.models import Channel

_CODES = "SELECT code FROM orders_channel ORDER BY code -- asked by test_prepared"
_KEPT = "SELECT count(*) FROM pg_prepared_statements WHERE statement = %s"


def codes(schema: str) -> list[str]:
    with retailer_context(schema):
        return [row[0] for row in prepared(_CODES).fetchall()]


def kept() -> int:
    with retailer_context("acme"), connection.cursor() as cursor:
        cursor.execute(_KEPT, [_CODES])
        return int(cursor.fetchone()[0])


def test_retailers_that_take_turns_on_a_connection_see_their_own(fresh: None) -> None:
    # given
    for schema in ("acme", "globex"):
        with retailer_context(schema):
            Channel.objects.create(code=schema, name=schema, currency="GBP")
    # when
    seen = [codes(schema) for schema in ("acme", "globex") * 6]
    # then
    assert seen == [["acme"], ["globex"]] * 6
    assert kept() == 1


def test_outside_a_retailers_context_nothing_is_asked(fresh: None) -> None:
    with pytest.raises(OutsideContext):
        prepared(_CODES)


def test_no_statement_steps_out_of_its_role(fresh: None) -> None:
    with retailer_context("acme"), pytest.raises(IdentityChange):
        prepared("RESET ROLE")


def test_behind_a_pooler_nothing_is_kept(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # given: a pooler answers with a process number of its own making
    connection.close()
    monkeypatch.setattr(psycopg.ConnectionInfo, "backend_pid", property(lambda self: -1))
    # when
    for _ in range(7):
        assert codes("acme") == []
    # then
    assert kept() == 0
    connection.close()  # the next test finds out anew
