"""What can be done to many rows of a list at once. A list declares it; the workspace asks, runs and tells.

    ORDER_ACTIONS = (
        BulkAction(
            name="hold_release", word="Release a hold", right="orders.change_order", form=HoldCodeForm,
            sentence="The named hold of each order is released, and the order goes on.",
            run=_release, refusals=(NoSuchHold,), undo="hold_place",
        ),
    )

``run`` calls a service for a batch of rows in one transaction. Where it raises, the batch is taken row by row, so
that the rows that can be done are done and the others are told with their reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse

#: What the confirming person typed, by field.
Given = Mapping[str, str]


class Became(Enum):
    """What became of a row that was not refused."""

    DONE = "done"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row, and what there is to say about it: why it was left, or the line of an export."""

    became: Became
    said: str = ""


def left(why: str) -> Outcome:
    """There was nothing to do for this row."""
    return Outcome(Became.LEFT, why)


#: Works on rows by their primary keys, in ascending order, in the caller's transaction: (keys, given, actor).
#: Rows that the answer does not name have been done.
Run = Callable[[Sequence[int], Given, str], Mapping[int, Outcome]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkAction:
    """One verb for many rows."""

    name: str
    word: str
    sentence: str
    right: str
    run: Run
    #: Errors whose words a person can act on; of any other only its kind is told, and the log has the rest.
    refusals: tuple[type[Exception], ...] = ()
    form: type[Form] | None = None
    #: The action that takes this one back, told the same; empty where nothing does.
    undo: str = ""
    #: Said where it cannot be undone and people should know.
    warning: str = ""
    danger: bool = False
    #: Rows in one transaction: their locks are held for as long as these take.
    at_once: int = 50
    #: The result is a file with a line for each row.
    is_export: bool = False


class Workspace(Protocol):
    """What lists ask of the layer above them."""

    def begin(
        self, request: HttpRequest, *, label: str, action: BulkAction, rows: QuerySet[Any], columns: Sequence[str]
    ) -> HttpResponse:
        """Settle which rows an action is for, and lead to the page that asks whether it shall be done."""

    def opened(self, request: HttpRequest, label: str) -> HttpResponse | None:
        """Lead to the person's own view where a list was opened without saying how."""

    def views(self, request: HttpRequest, label: str) -> object:
        """The saved views of a list, as the template above it shows them."""
