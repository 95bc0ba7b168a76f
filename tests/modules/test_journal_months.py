"""The journal by months: made ahead, moved to where they belong, dropped when their retention ends, never changed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction
from django.utils import timezone
from psycopg import errors, sql

from modules import jobs
from modules.domain.months import Month
from modules.models import Decision, JournalRetention
from modules.services import journal_keep as keeping
from modules.services.journal_keep import AHEAD, JournalBusy, JournalNotDivided, journal_keep, schemas_with_journals
from modules.services.journal_retention import RetentionTooShort, journal_retention_set
from oms.infra.database.bulk import insert_rows
from oms.infra.database.context import retailer_context
from oms.infra.verification import all_invariants, check
from orders.models import Order
from tenants.cloning import staging_clone, staging_drop
from tenants.provisioning import retailer_provision
from tests.factories.orders import order_placed

NOW = datetime(2031, 3, 15, 12, tzinfo=UTC)


@pytest.fixture
def in_2031(fresh: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Committed to for real, in March 2031; nobody waits long."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    monkeypatch.setattr(keeping, "_PATIENCE", "20ms")
    monkeypatch.setattr(keeping, "_PAUSE_SECONDS", 0.0)
    yield
    connections["deploy"].close()


def decide(subject: str, decided_at: datetime, *, count: int = 1, schema: str = "acme") -> None:
    """Decisions of one subject, as the journal writes them: COPY from a hundred on, one INSERT below."""
    fields = ["decided_at", "module", "policy", "release", "revision", "subject", "facts", "outcome", "steps"]
    row = (decided_at, "order_routing", "route", "1.0.0", 1, subject, b"{}", "{}", "[]")
    with retailer_context(schema):
        assert insert_rows(Decision, fields, [row] * count) == count


def partitions(admin_url: str, schema: str = "acme") -> dict[str, int]:
    """Rows of each partition."""
    with psycopg.connect(admin_url) as server:
        names = server.execute(
            "SELECT c.relname::text FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid"
            " WHERE h.inhparent = %s::regclass ORDER BY 1", [f"{schema}.modules_decision"],
        ).fetchall()  # fmt: skip
        return {
            name.removeprefix("modules_decision_"): _one(
                server, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, name))
            )
            for (name,) in names
        }


def _one(server: psycopg.Connection[Any], query: sql.Composed) -> int:
    [(value,)] = server.execute(query).fetchall()
    return int(value)


def order_of_status(status: str) -> str:
    """Number of an order, committed. Its own review is journaled at the server's time, which is not in 2031."""
    with retailer_context("acme"):
        order = order_placed()
        Order.objects.filter(pk=order.pk).update(status=status)
        return order.number


class TestMonths:
    def test_a_time_lies_in_the_month_of_utc(self) -> None:
        assert Month.of(datetime.fromisoformat("2026-12-31T23:30:00-05:00")) == Month(2027, 1)

    def test_months_are_counted_over_years(self) -> None:
        assert [str(Month(2026, 11).plus(n)) for n in (-23, -11, -1, 0, 1, 2, 14)] == [
            "2024_12", "2025_12", "2026_10", "2026_11", "2026_12", "2027_01", "2028_01",
        ]  # fmt: skip

    @pytest.mark.parametrize("text", ["default", "2026_13", "2026_1", "2026_00", "2026_11_1", ""])
    def test_only_a_month_is_read_as_one(self, text: str) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 - whatever refuses it
            Month.parse(text)


class TestAhead:
    def test_the_present_month_and_three_to_come_are_made_once(self, in_2031: None, admin_url: str) -> None:
        kept = journal_keep(schema="acme")
        assert kept.made == ["2031_03", "2031_04", "2031_05", "2031_06"]
        assert (kept.moved, kept.held) == (0, {})
        assert journal_keep(schema="acme") == keeping.JournalKept("acme")
        assert set(partitions(admin_url)) == {"default", *kept.made}

    @pytest.mark.parametrize("count", [1, 250])
    def test_a_decision_lies_in_its_month(self, in_2031: None, admin_url: str, count: int) -> None:
        journal_keep(schema="acme")
        last, first = datetime(2031, 4, 30, 23, 59, 59, 999999, tzinfo=UTC), datetime(2031, 5, 1, tzinfo=UTC)
        decide("A-1", last, count=count)
        decide("A-2", first, count=count)
        found = partitions(admin_url)
        assert (found["2031_04"], found["2031_05"], found["default"]) == (count, count, 0)
        with retailer_context("acme"):
            ids = list(Decision.objects.values_list("id", flat=True))
            assert len(set(ids)) == 2 * count
            assert set(Decision.objects.in_bulk(ids)) == set(ids)

    def test_no_row_fails_where_nobody_kept_the_journal_and_the_next_run_puts_it_right(
        self, in_2031: None, admin_url: str
    ) -> None:
        # Given rows of which no month was made: the present one, one long past, one far ahead
        decide("A-1", NOW, count=3)
        decide("A-2", datetime(2029, 7, 1, tzinfo=UTC))
        decide("A-3", datetime(2040, 1, 1, tzinfo=UTC))
        assert partitions(admin_url)["default"] == 5
        with retailer_context("acme"):
            before = list(Decision.objects.order_by("id").values())
        # When the journal is kept
        kept = journal_keep(schema="acme")
        # Then each is in its month, unchanged, and the numbers go on where they were
        assert kept.moved == 5
        assert kept.made == ["2029_07", "2031_03", "2031_04", "2031_05", "2031_06", "2040_01"]
        found = partitions(admin_url)
        assert (found["default"], found["2029_07"], found["2031_03"], found["2040_01"]) == (0, 1, 3, 1)
        decide("A-4", NOW)
        with retailer_context("acme"):
            assert list(Decision.objects.order_by("id").values())[:5] == before
            assert Decision.objects.get(subject="A-4").pk == before[-1]["id"] + 1
            assert [item.name for item in all_invariants() if check(item)] == []

    def test_a_new_retailer_has_the_months_of_the_template(self, in_2031: None, admin_url: str) -> None:
        kept = journal_keep(schema="oms_template")
        assert len(kept.dropped) == AHEAD + 1  # those of the day on which the template was made: it has no rows to keep
        retailer_provision(schema="later", name="Later", domain="later.localhost")
        assert set(partitions(admin_url, "later")) == {"default", "2031_03", "2031_04", "2031_05", "2031_06"}
        decide("L-1", NOW, schema="later")
        assert partitions(admin_url, "later")["2031_03"] == 1


class TestRetention:
    def test_months_older_than_two_years_go_unless_the_retailer_says_otherwise(
        self, in_2031: None, admin_url: str
    ) -> None:
        decide("A-1", datetime(2029, 2, 28, tzinfo=UTC), count=2)
        decide("A-2", datetime(2029, 3, 1, tzinfo=UTC), count=3)
        kept = journal_keep(schema="acme")
        assert "2029_02" in kept.dropped
        assert "2029_02" not in partitions(admin_url)
        assert partitions(admin_url)["2029_03"] == 3
        with retailer_context("acme"):
            assert set(Decision.objects.values_list("subject", flat=True)) == {"A-2"}

    def test_each_retailer_has_its_own(self, in_2031: None, admin_url: str) -> None:
        old = datetime(2030, 11, 30, tzinfo=UTC)
        for schema, months in (("acme", 3), ("globex", None)):
            decide("X-1", old, schema=schema)
            with retailer_context(schema):
                journal_retention_set(months=months, author="maria")
        assert "2030_11" in journal_keep(schema="acme").dropped
        assert journal_keep(schema="globex").dropped == []
        assert "2030_11" not in partitions(admin_url)
        assert partitions(admin_url, "globex")["2030_11"] == 1

    def test_the_newest_word_counts_and_the_older_ones_stay(self, in_2031: None, admin_url: str) -> None:
        decide("A-1", datetime(2030, 1, 1, tzinfo=UTC))
        with retailer_context("acme"):
            journal_retention_set(months=3, author="maria")
            journal_retention_set(months=None, author="tom")
            assert [str(row) for row in JournalRetention.objects.all()] == ["for ever", "3 months"]
        assert journal_keep(schema="acme").dropped == []
        assert partitions(admin_url)["2030_01"] == 1

    def test_fewer_than_three_months_are_refused_everywhere(self, acme: None) -> None:
        with pytest.raises(RetentionTooShort, match="at least 3 months"):
            journal_retention_set(months=2, author="maria")
        with pytest.raises(IntegrityError, match="journal_retention_long_enough"), transaction.atomic():
            JournalRetention.objects.create(months=2, author="maria")
        journal_retention_set(months=3, author="maria")
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            JournalRetention.objects.update(months=None)

    @pytest.mark.parametrize("status", ["open", "in_progress", "held"])
    def test_what_explains_an_open_order_is_kept_and_the_reason_told(
        self, in_2031: None, admin_url: str, status: str
    ) -> None:
        number = order_of_status(status)
        decide(number, datetime(2028, 5, 5, tzinfo=UTC), count=2)
        decide("A-2", datetime(2028, 5, 5, tzinfo=UTC), count=2)
        decide("A-2", datetime(2028, 6, 5, tzinfo=UTC))
        kept = journal_keep(schema="acme")
        assert kept.held["2028_05"] == f"1 of those that it explains are still open, {number} among them"
        assert "2028_06" in kept.dropped
        assert partitions(admin_url)["2028_05"] == 4

    @pytest.mark.parametrize("status", ["complete", "cancelled"])
    def test_it_goes_when_the_order_is_done(self, in_2031: None, admin_url: str, status: str) -> None:
        decide(order_of_status(status), datetime(2028, 5, 5, tzinfo=UTC))
        kept = journal_keep(schema="acme")
        assert kept.held == {}
        assert "2028_05" in kept.dropped


class TestGuards:
    def test_decisions_are_never_changed_in_any_month_by_anybody(self, in_2031: None, admin_url: str) -> None:
        decide("A-1", NOW)  # strays: so the default partition is a new one, too
        journal_keep(schema="acme")
        tables = ["modules_decision", *(f"modules_decision_{name}" for name in partitions(admin_url))]
        assert len(tables) == 6
        decide("A-1", datetime(2045, 1, 1, tzinfo=UTC))
        for table in tables:
            with psycopg.connect(admin_url) as server, pytest.raises(errors.RestrictViolation, match="append-only"):
                server.execute(f"TRUNCATE acme.{table}".encode())
        for table in ("modules_decision", "modules_decision_2031_03", "modules_decision_default"):
            for change in (f"UPDATE {table} SET subject = 'x'", f"DELETE FROM {table}"):
                with pytest.raises(IntegrityError, match="append-only"), retailer_context("acme"):
                    connection.cursor().execute(change)

    def test_every_partition_has_the_grants_and_owner_of_the_table(self, in_2031: None, admin_url: str) -> None:
        decide("A-1", NOW)
        journal_keep(schema="acme")
        with psycopg.connect(admin_url) as server:
            rows = server.execute(
                "SELECT DISTINCT relowner::regrole::text, (SELECT array_agg(g::text ORDER BY g::text)"
                " FROM unnest(relacl) g) FROM pg_class WHERE relnamespace = 'acme'::regnamespace"
                " AND relname LIKE 'modules\\_decision%' AND relname <> 'modules_decisioncontext'"
                " AND relkind IN ('r', 'p')"
            ).fetchall()
            # PostgreSQL 17 added the right to maintain (m), which earlier servers do not know.
            every = "arwdDxtm" if server.info.server_version >= 170_000 else "arwdDxt"
        assert rows == [("oms_owner", [f"oms_owner={every}/oms_owner", "retailer_acme=arwd/oms_owner"])]

    def test_no_other_retailer_reaches_a_month(self, in_2031: None) -> None:
        journal_keep(schema="acme")
        for verb in ("SELECT * FROM", "DELETE FROM", "TRUNCATE", "DROP TABLE"):
            for table in ("modules_decision", "modules_decision_2031_03", "modules_decision_default"):
                with retailer_context("globex"), pytest.raises(ProgrammingError), transaction.atomic():
                    connection.cursor().execute(f"{verb} acme.{table}")

    def test_a_retailer_makes_and_drops_no_month(self, in_2031: None) -> None:
        journal_keep(schema="acme")
        for attack in (
            "DROP TABLE modules_decision_2031_03",
            "ALTER TABLE modules_decision DETACH PARTITION modules_decision_2031_03",
            "ALTER TABLE modules_decision_2031_03 DISABLE TRIGGER append_only",
        ):
            with retailer_context("acme"), pytest.raises(ProgrammingError, match="must be owner"), transaction.atomic():
                connection.cursor().execute(attack)


class TestBesideOthers:
    def test_captures_of_the_month_go_on_while_months_are_made(self, in_2031: None, admin_url: str) -> None:
        journal_keep(schema="acme")
        with retailer_context("acme"):  # a capture that has written its decision and not yet committed
            Decision.objects.create(
                decided_at=NOW, module="m", policy="p", release="1.0.0", revision=1, subject="A-1", facts=b"",
                outcome={}, steps=[],
            )  # fmt: skip
            kept = _in_thread(lambda: journal_keep(schema="acme", now=NOW + timedelta(days=31)))
        assert kept.made == ["2031_07"]
        assert partitions(admin_url)["2031_03"] == 1

    def test_a_month_in_use_is_left_to_the_next_run(self, in_2031: None, admin_url: str) -> None:
        decide("A-1", datetime(2028, 1, 1, tzinfo=UTC))
        with retailer_context("acme"):
            journal_retention_set(months=None, author="maria")
        journal_keep(schema="acme")
        with retailer_context("acme"):
            journal_retention_set(months=24, author="maria")
        with retailer_context("acme"):  # somebody reads the journal
            assert Decision.objects.count() == 1
            assert "in use: try again later" in _in_thread(_busy)
        assert "2028_01" in journal_keep(schema="acme").dropped

    def test_a_schema_that_is_being_cloned_is_left_alone(self, in_2031: None, admin_url: str) -> None:
        faults: list[str] = []

        def meanwhile(phase: str) -> None:
            if phase == "rows":
                faults.append(_in_thread(_busy))

        try:
            staging_clone(source="acme", on_phase=meanwhile)
            assert faults == ["acme is being cloned: try again later"]
            assert journal_keep(schema="acme__staging").made == ["2031_03", "2031_04", "2031_05", "2031_06"]
        finally:
            staging_drop(source="acme")

    def test_a_run_cut_short_is_finished_by_the_next(self, in_2031: None, monkeypatch: pytest.MonkeyPatch) -> None:
        decide("A-1", NOW)
        attach = keeping._attach

        def cut(server: Any, name: str, bounds: Any) -> None:
            attach(server, name, bounds)
            if name.endswith("2031_04"):
                raise ZeroDivisionError

        with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
            patch.setattr(keeping, "_attach", cut)
            journal_keep(schema="acme")
        kept = journal_keep(schema="acme")
        assert (kept.moved, kept.made) == (1, ["2031_03", "2031_04", "2031_05", "2031_06"])


class TestCommandAndJob:
    def test_every_schema_is_kept(self, in_2031: None) -> None:
        assert schemas_with_journals() == ["oms_template", "acme", "globex"]
        out = StringIO()
        call_command("maintain", stdout=out)
        lines = out.getvalue().splitlines()
        assert [line.partition(":")[0] for line in lines] == ["oms_template", "acme", "globex"]
        assert lines[1].startswith("acme: made 2031_03, 2031_04, 2031_05, 2031_06")
        call_command("maintain", retailer="acme", json=True, stdout=(told := StringIO()))
        assert json.loads(told.getvalue())["journals"] == [
            {"schema": "acme", "made": [], "moved": 0, "dropped": [], "held": {}}
        ]

    def test_a_retailer_that_is_not_there_is_named(self, in_2031: None) -> None:
        with pytest.raises(CommandError, match="no retailer 'nobody'"):
            call_command("maintain", retailer="nobody")

    def test_one_that_fails_stops_no_other(
        self, in_2031: None, admin_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def keep(*, schema: str) -> None:
            if schema == "acme":
                raise JournalNotDivided(schema)
            journal_keep(schema=schema)

        monkeypatch.setattr(jobs, "journal_keep", keep)
        with pytest.raises(jobs.JournalsNotKept, match="of acme were not kept"):
            jobs.keep_journals(0)
        assert "2031_06" in partitions(admin_url, "globex")
        assert "2031_06" not in partitions(admin_url, "acme")


def test_the_migration_moves_what_was_there_and_back(fresh: None, admin_url: str) -> None:
    # Given a journal of one table with decisions of three months
    call_command("migrate_schemas", "modules", "0003", schema_name="acme", verbosity=0)
    for month, count in ((1, 2), (2, 120), (5, 1)):
        decide(f"A-{month}", datetime(2026, month, 28, 23, 30, tzinfo=UTC), count=count)
    with retailer_context("acme"):
        before = list(Decision.objects.order_by("id").values())
    with pytest.raises(JournalNotDivided, match=r"run manage[.]py migrate_schemas"):
        journal_keep(schema="acme")
    # When it is divided
    call_command("migrate_schemas", schema_name="acme", verbosity=0)
    # Then they lie in their months as they were, and the next number is the next
    found = partitions(admin_url)
    assert (found["2026_01"], found["2026_02"], found["2026_05"], found["default"]) == (2, 120, 1, 0)
    assert Month.of(timezone.now()).plus(AHEAD) in {Month.parse(name) for name in found if name != "default"}
    decide("A-9", timezone.now())
    with retailer_context("acme"):
        assert list(Decision.objects.order_by("id").values())[:-1] == before
        assert Decision.objects.get(subject="A-9").pk == before[-1]["id"] + 1
    # … and the way back keeps them, too
    call_command("migrate_schemas", "modules", "0003", schema_name="acme", verbosity=0)
    with retailer_context("acme"):
        assert list(Decision.objects.order_by("id").values())[:-1] == before
    call_command("migrate_schemas", schema_name="acme", verbosity=0)
    connections["deploy"].close()


def _busy() -> str:
    with pytest.raises(JournalBusy) as busy:
        journal_keep(schema="acme")
    return str(busy.value)


def _in_thread(work: Callable[[], Any]) -> Any:
    """Do some work on connections of its own while this thread holds what it holds."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(work())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(30)
    assert found, "blocked, or it failed"
    return found[0]
