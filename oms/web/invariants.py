"""What must always hold for bulk jobs."""

from oms.infra.verification import Invariant

INVARIANTS = [
    Invariant(
        "bulk_jobs_count_their_rows",
        "a bulk job has as many rows, done and refused, as it says",
        """
        SELECT j.id, j.total, j.succeeded, j.refused, count(r.id), count(r.id) FILTER (WHERE r.status = 'done'),
               count(r.id) FILTER (WHERE r.status = 'refused')
        FROM web_bulkjob j LEFT JOIN web_bulkrow r ON r.job_id = j.id
        GROUP BY j.id
        HAVING (j.total, j.succeeded, j.refused) IS DISTINCT FROM
            (count(r.id), count(r.id) FILTER (WHERE r.status = 'done'), count(r.id) FILTER (WHERE r.status = 'refused'))
        """,
    ),
]
