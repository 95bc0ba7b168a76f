"""What is told as JSON, and back: deliveries are kept in our words and put into the platform's when they leave."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from orders.domain.channel import Outbound, ShipmentTold, StatusTold, StockTold, Told, ToldLine

KINDS: Mapping[str, type[Told]] = {"shipment": ShipmentTold, "status": StatusTold, "stock": StockTold}
ANSWER = "answer"
_TIMES = ("shipped_at", "changed_at", "told_at")


def told_json(told: Told) -> dict[str, Any]:
    """As it is stored."""
    fields = {name: getattr(told, name) for name in type(told).__dataclass_fields__}
    for name in _TIMES:
        if name in fields:
            fields[name] = fields[name].isoformat()
    if "lines" in fields:
        fields["lines"] = [
            {"position": line.position, "sku": line.sku, "quantity": line.quantity, "reference": line.reference}
            for line in fields["lines"]
        ]
    return fields


def told_from(kind: str, content: Mapping[str, Any]) -> Told:
    """What was stored."""
    fields = dict(content)
    for name in _TIMES:
        if name in fields:
            fields[name] = datetime.fromisoformat(fields[name])
    if "lines" in fields:
        fields["lines"] = tuple(ToldLine(**line) for line in fields["lines"])
    return KINDS[kind](**fields)


def outbound_json(outbound: Outbound) -> dict[str, Any]:
    """An answer that an adapter has put into words already."""
    return {
        "method": outbound.method, "path": outbound.path, "content_type": outbound.content_type,
        "payload": base64.b64encode(outbound.payload).decode(), "headers": dict(outbound.headers),
        "accepted_also": list(outbound.accepted_also),
    }  # fmt: skip


def outbound_from(content: Mapping[str, Any]) -> Outbound:
    """What was stored."""
    return Outbound(
        content["method"], content["path"], base64.b64decode(content["payload"]), content["content_type"],
        content["headers"], tuple(content["accepted_also"]),
    )  # fmt: skip
