"""Where units wait, in words."""

from __future__ import annotations

from enum import StrEnum


class Queue(StrEnum):
    """Where units of a line wait until a location takes them."""

    TO_ROUTE = "to_route"
    BACKORDER = "backorder"
    PRE_ORDER = "pre_order"
    UNFILLABLE = "unfillable"

    @property
    def sentence(self) -> str:
        """What the queue means, for people: a few words, a colon, the rest."""
        return _SENTENCES[self]


_SENTENCES = {
    Queue.TO_ROUTE: "To route: waits to be decided, alone or together with others",
    Queue.BACKORDER: "Backorder: waits for stock",
    Queue.PRE_ORDER: "Pre-order: waits for the day on which it may leave",
    Queue.UNFILLABLE: "Unfillable: nothing that is known will fulfil it; somebody has to decide",
}
