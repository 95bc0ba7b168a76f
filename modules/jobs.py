"""Jobs of the module framework. The worker has the deploying role's connection, by which clones are made."""

from __future__ import annotations

import logging

from django.db import close_old_connections, connections
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from modules.services.journal_keep import journal_keep, schemas_with_journals
from modules.services.preview_clone import preview_clone_drop, preview_clone_make
from modules.services.upgrade import REPLAY_LIMIT, UpgradeRefused, upgrade_preview
from modules.services.upgrade_move import move_run
from modules.services.upgrade_plan import plan_run
from oms.infra.database.context import retailer_context
from tenants.cloning import CloneBusy
from tenants.cloning.services import DEPLOY
from tenants.registry import time_zone_of

logger = logging.getLogger(__name__)

_WHILE_BUSY = RetryStrategy(max_attempts=5, exponential_wait=3, retry_exceptions=[CloneBusy])
_RETRY = RetryStrategy(max_attempts=10, exponential_wait=2)


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
    """Review and replay; the upgrade's row tells how far it is. Cut short and run again, it goes on from there."""
    try:
        upgrade_preview(schema=schema, upgrade_id=upgrade_id, limit=limit)
    except UpgradeRefused as refused:  # given up, or promoted, while the job waited: nobody wants it any more
        logger.info("no preview of upgrade %s of %s: %s", upgrade_id, schema, refused)


@app.task(name="modules.jobs.preview_clone", retry=_WHILE_BUSY)
def preview_clone(schema: str, upgrade_id: int) -> None:
    """Make the staging clone of an upgrade. Running it again makes it once more."""
    close_old_connections()
    try:
        preview_clone_make(schema=schema, upgrade_id=upgrade_id)
    finally:
        connections[DEPLOY].close()


@app.task(name="modules.jobs.preview_clone_drop", retry=_WHILE_BUSY)
def drop_preview_clone(schema: str, upgrade_id: int) -> None:
    """Drop the staging clone of an upgrade. What is gone already is left alone."""
    close_old_connections()
    try:
        preview_clone_drop(schema=schema, upgrade_id=upgrade_id)
    finally:
        connections[DEPLOY].close()


@app.task(name="modules.jobs.move", retry=_RETRY)
def move(schema: str, move_id: int) -> None:
    """Move work in flight; the move's row tells how far it is. Running it again goes on from there."""
    close_old_connections()
    move_run(schema=schema, move_id=move_id)


@app.task(name="modules.jobs.promote", retry=_RETRY)
def promote(schema: str, plan_id: int) -> None:
    """Carry out a scheduled promotion, in one transaction. Running it again changes nothing."""
    close_old_connections()
    with timezone.override(time_zone_of(schema)), retailer_context(schema):
        plan_run(plan_id=plan_id)
