"""Customers are told of what happens to their orders."""

from __future__ import annotations

from collections.abc import Sequence

from oms.infra.events import handles_stored
from oms.infra.models import Event
from oms.web.notices.kinds import TELLINGS
from oms.web.notices.services.write import notices_write


@handles_stored(*(telling.event for telling in TELLINGS.values()))
def write_to_customers(events: Sequence[Event]) -> None:
    """One notice for each event that a template tells of. Again is harmless."""
    notices_write(events=events)
