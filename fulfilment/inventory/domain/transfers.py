"""The life of a transfer."""

from __future__ import annotations

from enum import StrEnum

from oms.kernel.transitions import TransitionTable


class TransferStatus(StrEnum):
    """Where a transfer stands."""

    DRAFT = "draft"
    SENT = "sent"
    RECEIVED = "received"
    CLOSED = "closed"
    CANCELLED = "cancelled"

    @property
    def sentence(self) -> str:
        """What the status means, for people."""
        return _SENTENCES[self]


_SENTENCES = {
    TransferStatus.DRAFT: "Draft: nothing has left yet",
    TransferStatus.SENT: "Sent: it is on its way",
    TransferStatus.RECEIVED: "Received: at least a part has arrived",
    TransferStatus.CLOSED: "Closed: nothing more will arrive",
    TransferStatus.CANCELLED: "Cancelled: nothing has left",
}

TRANSFER_LIFE = TransitionTable(
    "the transfer",
    {
        TransferStatus.DRAFT: frozenset({TransferStatus.SENT, TransferStatus.CANCELLED}),
        TransferStatus.SENT: frozenset({TransferStatus.RECEIVED, TransferStatus.CLOSED}),
        TransferStatus.RECEIVED: frozenset({TransferStatus.RECEIVED, TransferStatus.CLOSED}),
    },
)
