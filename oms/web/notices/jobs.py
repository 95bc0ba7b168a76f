"""The job of notices: send what is due."""

from __future__ import annotations

from django.db import close_old_connections
from procrastinate.contrib.django import app

from oms.infra.database.context import retailer_context
from oms.infra.queue import enqueue
from oms.infra.schedule import every
from oms.web.notices.selectors import anything_due
from oms.web.notices.services.deliver import notices_send
from oms.web.notices.services.write import SEND


@app.task(name=SEND, retry=5)
def send(schema: str) -> None:
    """Send the notices that are due; come back where more are."""
    close_old_connections()
    notices_send(schema=schema)
    with retailer_context(schema):
        if anything_due():
            enqueue(SEND, queueing_lock=SEND)


every(60, SEND)
