"""Migration operations that put invariants into the database."""

from __future__ import annotations

from django.db.migrations.operations import RunSQL

_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append-only: rows of % are never changed or deleted; write a new row', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""


class AppendOnly(RunSQL):
    """Rows of a table are inserted, never updated, deleted or truncated, by whatever road."""

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(
            sql=(
                _FUNCTION
                + f'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{table}" '
                + "FOR EACH ROW EXECUTE FUNCTION refuse_change();"
                + f'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON "{table}" '
                + "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();"
            ),
            reverse_sql=(f'DROP TRIGGER append_only ON "{table}"; DROP TRIGGER append_only_truncate ON "{table}";'),
        )

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        return (self.__class__.__name__, [self.table], {})

    def describe(self) -> str:
        return f"Make {self.table} append-only"


class LeaveRoomForUpdates(RunSQL):
    """Keep a part of every page free, so that updates stay on their page and touch no index."""

    def __init__(self, table: str, fillfactor: int) -> None:
        self.table = table
        self.fillfactor = fillfactor
        super().__init__(
            sql=f'ALTER TABLE "{table}" SET (fillfactor = {fillfactor})',
            reverse_sql=f'ALTER TABLE "{table}" RESET (fillfactor)',
        )

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        return (self.__class__.__name__, [self.table, self.fillfactor], {})


class FinalUnless(RunSQL):
    """A row changes only while its status is the one named; then it is final. None is deleted or truncated."""

    def __init__(self, table: str, status: str) -> None:
        self.table = table
        self.status = status
        super().__init__(
            sql=(
                _FUNCTION
                + f'CREATE TRIGGER final BEFORE UPDATE ON "{table}" FOR EACH ROW '
                + f"WHEN (OLD.status <> '{status}') EXECUTE FUNCTION refuse_change();"
                + f'CREATE TRIGGER never_deleted BEFORE DELETE ON "{table}" '
                + "FOR EACH ROW EXECUTE FUNCTION refuse_change();"
                + f'CREATE TRIGGER never_truncated BEFORE TRUNCATE ON "{table}" '
                + "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();"
            ),
            reverse_sql="".join(
                f'DROP TRIGGER {name} ON "{table}";' for name in ("final", "never_deleted", "never_truncated")
            ),
        )

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        return (self.__class__.__name__, [self.table, self.status], {})

    def describe(self) -> str:
        return f"Rows of {self.table} are final unless {self.status}"


class Unchanging(RunSQL):
    """Some columns of a table never change, and none of its rows is deleted or truncated."""

    def __init__(self, table: str, columns: list[str]) -> None:
        self.table = table
        self.columns = columns
        changed = " OR ".join(f'OLD."{column}" IS DISTINCT FROM NEW."{column}"' for column in columns)
        super().__init__(
            sql=(
                _FUNCTION
                + f'CREATE TRIGGER unchanging BEFORE UPDATE ON "{table}" FOR EACH ROW '
                + f"WHEN ({changed}) EXECUTE FUNCTION refuse_change();"
                + f'CREATE TRIGGER never_deleted BEFORE DELETE ON "{table}" '
                + "FOR EACH ROW EXECUTE FUNCTION refuse_change();"
                + f'CREATE TRIGGER never_truncated BEFORE TRUNCATE ON "{table}" '
                + "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();"
            ),
            reverse_sql="".join(
                f'DROP TRIGGER {name} ON "{table}";' for name in ("unchanging", "never_deleted", "never_truncated")
            ),
        )

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        return (self.__class__.__name__, [self.table, self.columns], {})

    def describe(self) -> str:
        return f"Columns of {self.table} never change: {', '.join(self.columns)}"
