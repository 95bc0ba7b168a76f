"""Jobs of the workspace."""

from __future__ import annotations

from django.db import close_old_connections
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from oms.web.workspace import services
from oms.web.workspace.services.bulk_settle import JOB


@app.task(name=JOB, retry=RetryStrategy(max_attempts=10, exponential_wait=2))
def bulk_work(schema: str, job_id: int) -> None:
    """Work on what is left of a bulk job; its row tells how far it is."""
    close_old_connections()
    services.bulk_work(schema=schema, job_id=job_id)
