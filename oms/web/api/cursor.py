"""Where a page ended, as a partner carries it: opaque, and checked when it comes back."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from pydantic_core import PydanticCustomError

from orders.api.selectors import Place

__all__ = ["Place", "read_cursor", "write_cursor"]

_LARGEST_KEY = 2**63 - 1


def write_cursor(place: Place) -> str:
    """The place as text that needs no quoting in an address."""
    text = f"{place.placed_at.astimezone(UTC).isoformat()} {place.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> Place:
    """The place in a cursor. Raises a fault of validation where it is none of ours."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
        placed_at, key = text.split(" ")
        place = Place(datetime.fromisoformat(placed_at), int(key))
        ours = 0 < place.id <= _LARGEST_KEY and write_cursor(place) == cursor
    except (ValueError, OverflowError):
        ours = False
    if not ours:
        raise PydanticCustomError("malformed_cursor", _ADVICE)
    return place


_ADVICE = "Give the cursor of an earlier answer as it was, or none to begin with the newest."
