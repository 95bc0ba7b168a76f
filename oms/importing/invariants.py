"""What must always hold for imported files."""

from oms.infra.verification import Invariant

INVARIANTS = [
    Invariant(
        "imported_lines_became_rows",
        "lines of files that ended as returns and stock adjustments have their rows",
        """
        SELECT i.outcome, i.lines, r.rows FROM
            (SELECT outcome, count(*) AS lines FROM importing_importedline GROUP BY outcome) i
        JOIN (
            SELECT 'unmatched_return' AS outcome, count(*) AS rows FROM returns_blindreturn
            UNION ALL SELECT 'stock_adjustment', count(*) FROM inventory_stockadjustment
        ) r USING (outcome)
        WHERE i.lines > r.rows
        """,
    ),
]
