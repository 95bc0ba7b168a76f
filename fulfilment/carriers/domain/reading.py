"""A contract from a document of any release of Order Routing: which reader is used shows in the document's fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from fulfilment.carriers.domain.rates import Contract

Fields = Mapping[str, Any]

#: Fields that a document of any shape may have, under the same names.
_COMMON = ("name", "currency", "countries", "valid_from", "valid_until")
EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]


class UnreadableContract(ValueError):
    """A document is no contract that parcels can be priced by; the message says why."""


def contract_of(key: str, document: Fields) -> Contract:
    """The contract that a document (its fields as plain JSON) describes. Raises :class:`UnreadableContract`."""
    reader = next((read for wanted, read in _READERS if wanted in document), None)
    if reader is None:
        known = " or ".join(wanted for wanted, _ in _READERS)
        message = f"the carrier contract {key} has no {known}: nothing says what a parcel costs"
        raise UnreadableContract(message)
    try:
        return Contract.model_validate(reader(document))
    except ValidationError as faults:
        details = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in faults.errors())
        message = f"the carrier contract {key} cannot be read: {details}"
        raise UnreadableContract(message) from faults


def _with_services(document: Fields) -> Fields:
    """Full rate tables."""
    return document


def _flat(document: Fields) -> Fields:
    """One price for a parcel, its weight and its way; collected on any day, promised for none."""
    rate = {name: document[name] for name in ("per_parcel", "per_kg", "per_100_km") if name in document}
    service = {"code": "standard", "name": "Standard", "rates": [rate], "collects": EVERY_DAY, "delivers": EVERY_DAY}
    common = {name: document[name] for name in _COMMON if name in document}
    return {**common, "services": [service]}


#: The first whose field the document has is used; a richer shape stands before a plainer one.
_READERS: tuple[tuple[str, Callable[[Fields], Fields]], ...] = (
    ("services", _with_services),
    ("per_parcel", _flat),
)
