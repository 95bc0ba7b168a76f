"""What somebody says in a form of the items that cannot be sent, and what will follow, in words."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import QueryDict

from fulfilment.requests.models import FulfilmentRequest, RejectReason
from fulfilment.requests.services import RejectedLine


def rejected_lines(sent: QueryDict, request: FulfilmentRequest) -> tuple[dict[int, RejectedLine], list[str]]:
    """The lines with units to reject (``units-7``, ``reason-7``, ``counted-7``), and what cannot be read."""
    lines: dict[int, RejectedLine] = {}
    faults: list[str] = []
    for line in request.lines.select_related("order_line__product"):
        sku = line.order_line.product.sku
        units, counted = (sent.get(f"{name}-{line.pk}", "").strip() for name in ("units", "counted"))
        if units in ("", "0"):
            continue
        reason = sent.get(f"reason-{line.pk}", "")
        if not _number(units) or int(units) > line.waiting:
            faults.append(f"{sku}: at most {line.waiting} units can be rejected")
        elif reason not in RejectReason.values:
            faults.append(f"{sku}: say why")
        elif counted and not _number(counted):
            faults.append(f"{sku}: {counted[:20]} is no count")
        elif reason == RejectReason.MISMATCH and not counted:
            faults.append(f"{sku}: say how many were counted")
        else:
            lines[line.pk] = RejectedLine(RejectReason(reason), int(units), int(counted) if counted else None)
    return lines, faults


def _number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9


def told_rejections(request: FulfilmentRequest, lines: Mapping[int, RejectedLine]) -> list[str]:
    """What follows for the stock of each item, in a sentence."""
    told = []
    for line in request.lines.filter(pk__in=list(lines)).select_related("order_line__product", "level"):
        said, sku = lines[line.pk], line.order_line.product.sku
        others = line.level.reserved - line.waiting
        kept = f"; the {others:,} that other work has reserved stay" if others > 0 else ""
        follows = {
            RejectReason.NOT_FOUND: f"its stock here is set to none{kept}",
            RejectReason.MISMATCH: f"its stock here is set to the {said.counted} that were counted{kept}",
            RejectReason.DAMAGED: "they are taken out of its stock here",
            RejectReason.CANNOT_SEND: "its stock here stays as it is",
        }[said.reason]
        told.append(f"{said.units:,} × {sku}, {said.reason.label.partition(':')[0].lower()}: {follows}.")
    return told
