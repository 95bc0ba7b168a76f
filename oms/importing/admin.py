"""What became of the lines of files, in the back office."""

from __future__ import annotations

from django.contrib.admin import display, register
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from oms.importing.lines import LineOutcome
from oms.importing.models import FINAL_OUTCOMES, ImportedLine
from oms.infra.backoffice.display import Tone, badge, in_words, moment
from oms.infra.backoffice.filters import chips
from oms.infra.backoffice.lists import ReadOnlyAdmin
from oms.infra.backoffice.site import retailer_site

_WORDS = {outcome: in_words(outcome) for outcome in FINAL_OUTCOMES}


@register(ImportedLine, site=retailer_site)
class ImportedLineAdmin(ReadOnlyAdmin[ImportedLine]):
    """Every line of every file and how it ended, newest first; refused ones say why and show what stood there."""

    list_display = ("row", "state", "why", "message", "amount", "channel", "imported")
    list_select_related = ("channel",)
    list_filter = (chips("outcome", sorted(_WORDS.items(), key=lambda item: item[0] != "refused"), "outcome"),)
    ordering = ("-id",)
    sortable_by = ()
    fields = ("channel", "row", "state", "why", "message", "cells", "amount", "fingerprint", "imported")
    readonly_fields = ("state", "why", "cells", "amount", "imported")

    @display(description="Outcome")
    def state(self, line: ImportedLine) -> SafeString:
        """In words."""
        return badge(_WORDS[line.outcome], Tone.WRONG if line.outcome == LineOutcome.REFUSED else Tone.NEUTRAL)

    @display(description="Reason")
    def why(self, line: ImportedLine) -> str:
        """In words."""
        return in_words(line.reason)

    @display(description="Money")
    def amount(self, line: ImportedLine) -> str:
        """Quantity by unit price, as the file has it."""
        return f"{line.money.normalize():,f}"

    @display(description="Imported")
    def imported(self, line: ImportedLine) -> str:
        """When, in the retailer's zone."""
        return moment(line.imported_at)

    @display(description="As it stood in the file")
    def cells(self, line: ImportedLine) -> SafeString | str:
        """Column by column."""
        if not line.content:
            return "kept for refused lines alone"
        rows = format_html_join("", "<dt>{}</dt><dd>{}</dd>", line.content.items())
        return format_html('<dl class="oms-facts">{}</dl>', rows)
