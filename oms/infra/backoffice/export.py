"""A list as a file: the columns that it shows, in plain text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import TYPE_CHECKING, Any

from django.contrib.admin.utils import display_for_field, display_for_value, label_for_field, lookup_field
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import strip_tags
from django.utils.text import capfirst

from oms.infra.backoffice.bulk import Became, BulkAction, Given, Outcome, left

if TYPE_CHECKING:
    from oms.infra.backoffice.lists import BackOfficeAdmin

#: A spreadsheet would take a cell that begins so for a formula. A plain number is none.
_FORMULA = re.compile(r"\s*[=@\t\r]|\s*[+-](?![\d.,]+( [A-Z]{3})?$)")


def export_of(admin: BackOfficeAdmin[Any]) -> BulkAction:
    """The action that writes a line for each row of a list; whoever may view the list may take it away."""
    label = admin.opts

    def run(keys: Sequence[int], given: Given, actor: str) -> Mapping[int, Outcome]:
        rows = _rows(admin, keys)
        names = given["columns"].split(",")
        return {
            key: Outcome(Became.DONE, csv_line(cells_of(admin, rows[key], names)))
            if key in rows
            else left("it is there no more")
            for key in keys
        }

    return BulkAction(
        name="export", word="Export as CSV", right=f"{label.app_label}.view_{label.model_name}", run=run,
        sentence="A file is written with a line for each row and the columns that the list shows. Nothing changes.",
        at_once=500, is_export=True,
    )  # fmt: skip


def headings(admin: BackOfficeAdmin[Any], names: Sequence[str]) -> str:
    """The first line of the file."""
    return csv_line([capfirst(str(label_for_field(name, admin.model, admin))) for name in names])


def cells_of(admin: BackOfficeAdmin[Any], row: Model, names: Sequence[str]) -> list[str]:
    """What a list shows of a row, without its colours and links."""
    return [_plain(admin, row, name) for name in names]


def csv_line(cells: Sequence[str]) -> str:
    """Cells as one line of CSV. What a spreadsheet would take for a formula gets an apostrophe before it."""
    written = io.StringIO()
    csv.writer(written).writerow([f"'{cell}" if _FORMULA.match(cell) else cell for cell in cells])
    return written.getvalue()


def _rows(admin: BackOfficeAdmin[Any], keys: Sequence[int]) -> dict[int, Model]:
    rows = admin.get_queryset(HttpRequest())
    related = admin.list_select_related
    if isinstance(related, tuple) and related:
        rows = rows.select_related(*related)
    return {row.pk: row for row in rows.filter(pk__in=keys)}


def _plain(admin: BackOfficeAdmin[Any], row: Model, name: str) -> str:
    field, _, value = lookup_field(name, row, admin)
    if field is not None:
        related = getattr(row, field.name) if field.is_relation else None
        shown = str(related or "") if field.is_relation else display_for_field(value, field, "")
        return "yes" if value is True else "no" if value is False else str(shown)
    shown = unescape(strip_tags(str(display_for_value(value, ""))))
    return "" if shown == admin.get_empty_value_display() else shown
