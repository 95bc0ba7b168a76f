"""How the rows of a table travel into a staging clone.

Each app says so for its own tables, in ``travel.py``:

    TRAVEL: Mapping[str, Rule] = {
        "orders_order": Newest(subject="order", name="number"),
        "orders_orderline": With("order_id", "orders_order"),
    }

A full clone takes every row of every table whose rule is not ``Whole.NONE``. A partial clone takes the rows that
the rules name. Where it leaves rows behind on which sums depend, ``SETTLE`` of the same module holds the statements
that put the sums right: they run in the clone, those of higher apps first, and only in a partial one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Whole(Enum):
    """All rows of a table, or none."""

    ALL = "every clone has all rows"
    FULL = "a full clone has all rows, a partial one none"
    NONE = "no clone has any row"


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest rows by ``id``, as many as are asked for: what the rest of a partial clone hangs on.

    Other tables tell of such a row by the kind of subject that it is and by its column ``name``.
    """

    subject: str
    name: str


@dataclass(frozen=True, slots=True)
class With:
    """The rows that hang on a travelling row: ``column`` holds the ``key`` of one of ``table``."""

    column: str
    table: str
    key: str = "id"


@dataclass(frozen=True, slots=True)
class UsedBy:
    """The rows that a travelling row needs: ``column`` of ``table`` holds the ``key`` of this one."""

    table: str
    column: str
    key: str = "id"


@dataclass(frozen=True, slots=True)
class About:
    """The rows that tell of one of the :class:`Newest` by its name.

    ``kind`` is the column with the kind of subject, for a table that tells of several kinds.
    """

    name: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """The rows for which an SQL condition on the table's own columns holds."""

    condition: str


Rule = Whole | Newest | With | UsedBy | About | Where

ALL, FULL, NONE = Whole.ALL, Whole.FULL, Whole.NONE
