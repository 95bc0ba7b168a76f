"""Bulk jobs that partners sent over the API: how far each is, and which of its rows were refused and why."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display, register
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from oms.infra.backoffice.display import Tone, badge, moment
from oms.infra.backoffice.export import csv_line
from oms.infra.backoffice.filters import DayRange, chips
from oms.infra.backoffice.links import page_link
from oms.infra.backoffice.lists import PageAdmin
from oms.infra.backoffice.site import retailer_site
from oms.web.models import BulkJob, BulkKind, BulkRow, BulkStatus

_TONES = {BulkStatus.WAITING: Tone.WAITING, BulkStatus.RUNNING: Tone.WORKING, BulkStatus.DONE: Tone.DONE}
#: Refused rows that the page shows; the file has them all.
SHOWN = 20
#: Characters of a row that the file repeats.
_SAID = 300


@register(BulkJob, site=retailer_site)
class ApiBulkJobAdmin(PageAdmin[BulkJob]):
    """Bulk jobs of the API, the newest first. They are looked at; partners send and mend them."""

    list_display = ("job", "partner", "kind_name", "state", "progress", "refusals", "sent", "finished")
    list_select_related = ("key",)
    list_filter = (chips("status", BulkStatus.choices), ("created_at", DayRange))
    list_empty = "Partners send many rows in one call; what became of them stands here."
    ordering = ("-id",)
    sortable_by = ()
    page_template = "web/api_bulk_job.html"
    page_related = ("key",)

    @display(description="Job")
    def job(self, row: BulkJob) -> str:
        """As the partner knows it: ``/api/v1/bulk/7``."""
        return f"{row.pk}"

    @display(description="Partner")
    def partner(self, row: BulkJob) -> SafeString:
        """Whose key sent it."""
        return page_link(row.key, row.key.name)

    @display(description="Rows are")
    def kind_name(self, row: BulkJob) -> str:
        """In words."""
        return str(BulkKind(row.kind).label)

    @display(description="State")
    def state(self, row: BulkJob) -> SafeString:
        """In words; refused rows are not hidden behind “Done”."""
        if row.status == BulkStatus.DONE and row.refused:
            return badge("Done in part: some rows were refused", Tone.WRONG)
        return badge(row.get_status_display(), _TONES[BulkStatus(row.status)])

    @display(description="Worked")
    def progress(self, row: BulkJob) -> str:
        """Rows that have a result, of all."""
        return f"{row.succeeded + row.refused:,} of {row.total:,}"

    @display(description="Refused")
    def refusals(self, row: BulkJob) -> str:
        """Rows that were not taken."""
        return f"{row.refused:,}"

    @display(description="Sent")
    def sent(self, row: BulkJob) -> str:
        """When, in the retailer's zone."""
        return moment(row.created_at)

    @display(description="Finished")
    def finished(self, row: BulkJob) -> str:
        """When, in the retailer's zone."""
        return moment(row.finished_at)

    def get_urls(self) -> list[URLPattern]:
        """The file of refused rows beside the usual addresses."""
        view = self.admin_site.admin_view(self.refused_view)
        return [path("<int:key>/refused/", view, name="web_bulkjob_refused"), *super().get_urls()]

    def page_context(self, request: HttpRequest, row: BulkJob) -> dict[str, Any]:
        """How far it is, and the first rows that were refused."""
        return {
            "title": f"API bulk job {row.pk}",
            "state": self.state(row),
            "partner": self.partner(row),
            "refused": list(_refused(row)[:SHOWN]),
            "shown": SHOWN,
        }

    @method_decorator(require_safe)
    def refused_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Every refused row with its reason, as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        job = self._row(request, str(key))
        lines = [csv_line(["Row", "Code", "Member", "Why", f"What was sent (the first {_SAID} characters)"])]
        for row in _refused(job).iterator():
            said = row.result or {}
            lines.append(
                csv_line([str(row.number), *(str(said.get(name, "")) for name in ("code", "pointer", "detail")),
                          row.content[:_SAID]])
            )  # fmt: skip
        headers = {"Content-Disposition": f'attachment; filename="api-bulk-job-{job.pk}-refused.csv"'}
        return HttpResponse("\ufeff" + "".join(lines), content_type="text/csv; charset=utf-8", headers=headers)


def _refused(job: BulkJob) -> Any:
    return BulkRow.objects.filter(job=job, status="refused").order_by("number")
