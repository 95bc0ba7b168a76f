"""Jobs of the module framework."""

from __future__ import annotations

import logging

from django.db import close_old_connections, connections
from procrastinate.contrib.django import app

from modules.services.journal_keep import DEPLOY, journal_keep, schemas_with_journals
from modules.services.upgrade import REPLAY_LIMIT, upgrade_preview

logger = logging.getLogger(__name__)


class JournalsNotKept(RuntimeError):
    """Some journals could not be kept; the others are."""


@app.periodic(cron="41 2 * * *")
@app.task(name="modules.jobs.keep_journals")
def keep_journals(timestamp: int) -> None:
    """Make the journals' months to come and drop those whose retention has ended, once a night.

    One that cannot be kept does not stop the others; the next night tries again.
    """
    close_old_connections()
    failed: list[str] = []
    try:
        for schema in schemas_with_journals():
            try:
                journal_keep(schema=schema)
            except Exception:
                logger.exception("the journal of %s was not kept", schema)
                failed.append(schema)
    finally:
        connections[DEPLOY].close()
    if failed:
        message = f"the journals of {', '.join(failed)} were not kept; the next night tries again"
        raise JournalsNotKept(message)


@app.task(name="modules.jobs.preview", retry=3)
def preview(schema: str, upgrade_id: int, limit: int = REPLAY_LIMIT) -> None:
    """Review and replay; the upgrade's row tells how far it is. Running it again begins the replay anew."""
    upgrade_preview(schema=schema, upgrade_id=upgrade_id, limit=limit)
