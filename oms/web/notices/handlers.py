"""Customers are told of what happens to their orders."""

from __future__ import annotations

from collections.abc import Sequence

from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.events import RequestAdvanced
from oms.infra.events import DomainEvent, handles_stored
from oms.infra.models import Event
from oms.web.notices.kinds import TELLINGS
from oms.web.notices.services.write import notices_write
from orders.events import PaymentMoved


def _may_be_news(event: DomainEvent) -> bool:
    """Of payments and of work on requests, most is nothing to customers, and there is much of it."""
    if isinstance(event, PaymentMoved):
        return event.operation == "refund"
    return not isinstance(event, RequestAdvanced) or event.status == RequestStatus.PACKED


@handles_stored(*(telling.event for telling in TELLINGS.values()), when=_may_be_news)
def write_to_customers(events: Sequence[Event]) -> None:
    """One notice for each event that a template tells of. Again is harmless."""
    notices_write(events=events)
