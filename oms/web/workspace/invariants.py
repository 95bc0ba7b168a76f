"""What must always hold for work on many rows."""

from oms.infra.verification import Invariant

INVARIANTS = [
    Invariant(
        "bulk_job_counts_its_rows",
        "a bulk job counts what became of its rows, and has seen to none beyond its cursor",
        """
        SELECT j.id, j.total, r.rows, j.done, r.done, j."left", r."left", j.refused, r.refused
        FROM workspace_bulkjob j LEFT JOIN LATERAL (
            SELECT count(*) AS rows, count(*) FILTER (WHERE outcome = 'done') AS done,
                count(*) FILTER (WHERE outcome = 'left') AS "left",
                count(*) FILTER (WHERE outcome = 'refused') AS refused,
                count(*) FILTER (WHERE (outcome = 'waiting') = (number <= j.cursor)) AS astray
            FROM workspace_bulkrow WHERE job_id = j.id
        ) r ON true
        WHERE (j.total, j.done, j."left", j.refused, 0)
            IS DISTINCT FROM (r.rows, r.done, r."left", r.refused, r.astray)
        """,
    ),
]
