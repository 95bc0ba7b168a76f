"""Pages of lists that may have millions of rows behind them."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db import connection, models
from django.utils.functional import cached_property

#: Nobody pages further than this; a longer list is narrowed by a filter or a search.
COUNTED_ROWS = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts at most :data:`COUNTED_ROWS` rows, so the cost of a page does not grow with the table."""

    template_name = "infra/pagination.html"
    object_list: models.QuerySet[Any]

    @cached_property
    def count(self) -> int:
        """Rows that can be paged through."""
        return min(self._counted, COUNTED_ROWS)

    @property
    def capped(self) -> bool:
        """Whether there are more rows than can be paged through."""
        return self._counted > COUNTED_ROWS

    @cached_property
    def estimate(self) -> int | None:
        """Rows of the whole table as the planner last saw them; None for a part of it, or where unknown."""
        if self.object_list.query.where:
            return None
        with connection.cursor() as cursor:
            table = connection.ops.quote_name(self.object_list.model._meta.db_table)
            cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [table])
            rows = int(cursor.fetchone()[0])
        return rows if rows > COUNTED_ROWS else None

    @cached_property
    def _counted(self) -> int:
        return int(self.object_list.order_by()[: COUNTED_ROWS + 1].count())
