"""Units of lines on their way: committed to a location, released, fulfilled."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import connection

from orders.services.headers import headers_refresh
from orders.services.promises import promises_settle, promises_unknown


@dataclass(frozen=True, slots=True)
class Progress:
    """Change of a line's allocated and fulfilled units."""

    allocated: int
    fulfilled: int


def lines_progress(*, order_ids: Collection[int], progress: Mapping[int, Progress]) -> None:
    """Apply the changes to their lines (by primary key) and derive the headers of the orders anew.

    The caller holds the orders' row locks. The database refuses a change that would make the quantities of a
    line disagree.
    """
    if not progress:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_orderline l SET allocated = l.allocated + d.allocated,"
            " fulfilled = l.fulfilled + d.fulfilled"
            " FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS d(id, allocated, fulfilled)"
            " WHERE l.id = d.id",
            [
                list(progress),
                [item.allocated for item in progress.values()],
                [item.fulfilled for item in progress.values()],
            ],
        )
    headers_refresh(order_ids)
    given_back = [line for line, item in progress.items() if item.allocated + item.fulfilled < 0]
    if given_back:
        promises_unknown(given_back)
    if any(item.fulfilled for item in progress.values()):
        promises_settle(order_ids)
