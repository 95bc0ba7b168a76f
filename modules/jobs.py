"""Jobs of the module framework."""

from __future__ import annotations

from procrastinate.contrib.django import app

from modules.services.upgrade import REPLAY_LIMIT, upgrade_preview


@app.task(name="modules.jobs.preview", retry=3)
def preview(schema: str, upgrade_id: int, limit: int = REPLAY_LIMIT) -> None:
    """Review and replay; the upgrade's row tells how far it is. Running it again begins the replay anew."""
    upgrade_preview(schema=schema, upgrade_id=upgrade_id, limit=limit)
