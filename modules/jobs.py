"""Jobs of the module framework."""

from __future__ import annotations

from django.db import close_old_connections
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from modules.services.upgrade import REPLAY_LIMIT, upgrade_preview
from modules.services.upgrade_move import move_run
from modules.services.upgrade_plan import plan_run
from oms.infra.database.context import retailer_context
from tenants.registry import time_zone_of

_RETRY = RetryStrategy(max_attempts=10, exponential_wait=2)


@app.task(name="modules.jobs.preview", retry=3)
def preview(schema: str, upgrade_id: int, limit: int = REPLAY_LIMIT) -> None:
    """Review and replay; the upgrade's row tells how far it is. Running it again begins the replay anew."""
    upgrade_preview(schema=schema, upgrade_id=upgrade_id, limit=limit)


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
