"""What a repeated order says differently from the order that was captured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from oms.web.api.orders.body import OrderBody
from oms.web.api.problems import Fault, step
from orders.api.selectors import OrderDetail


def differences(asked: OrderBody, held: OrderDetail) -> list[Fault]:
    """Each value that differs, by its pointer in the body.

    An order without ``placed_at`` is the same whenever it is placed. A customer is the same by reference: name
    and e-mail belong to the customer and may have changed since.
    """
    return list(_compare(_asked(asked, held), _held(asked, held), ""))


def _asked(asked: OrderBody, held: OrderDetail) -> dict[str, object]:
    return {
        "placed_at": asked.placed_at,
        "currency": asked.currency or held.channel_currency,
        "customer": {"reference": asked.customer.reference} if asked.customer else None,
        "destination": asked.destination.model_dump(),
        "lines": [line.model_dump() for line in asked.lines],
        "charges": [charge.model_dump() for charge in asked.charges],
        "payments": [{"kind": payment.kind, "amount": payment.amount} for payment in asked.payments],
        "method": asked.method,
        "priority": asked.priority,
        "promise_by": asked.promise_by,
        "attributes": asked.attributes,
    }


def _held(asked: OrderBody, held: OrderDetail) -> dict[str, object]:
    return {
        "placed_at": held.summary.placed_at if asked.placed_at else None,
        "currency": held.summary.currency,
        "customer": {"reference": held.customer.reference} if held.customer else None,
        "destination": asdict(held.destination),
        "lines": [
            {
                "sku": line.sku,
                "quantity": line.ordered,
                "unit_price": line.unit_price,
                "description": line.description,
            }
            for line in held.lines
        ],
        "charges": [
            {"kind": charge.kind, "amount": charge.amount, "description": charge.description, "line": charge.line}
            for charge in held.charges
        ],
        "payments": [{"kind": payment.kind, "amount": payment.amount} for payment in held.payments],
        "method": held.method,
        "priority": held.priority,
        "promise_by": held.promise_by,
        "attributes": held.attributes,
    }


def _compare(asked: object, held: object, at: str) -> Iterator[Fault]:
    if isinstance(asked, Mapping) and isinstance(held, Mapping):
        for name in {**asked, **held}:
            yield from _compare(asked.get(name), held.get(name), at + step(name))
    elif isinstance(asked, Sequence) and isinstance(held, Sequence) and not isinstance(asked, str):
        if len(asked) != len(held):
            yield Fault(at, "differs", f"{len(asked)} here, {len(held)} in the captured order.")
        for index, (one, other) in enumerate(zip(asked, held, strict=False)):
            yield from _compare(one, other, f"{at}/{index}")
    elif asked != held:
        yield Fault(at, "differs", f"{_said(asked)} here, {_said(held)} in the captured order.")


def _said(value: object) -> str:
    return "left out" if value is None else f"“{value}”"
