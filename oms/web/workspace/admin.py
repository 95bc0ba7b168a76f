"""Work on many rows: what is asked before it begins, how far it is, and what became of each row."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin import display, register
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from oms.infra.backoffice.bulk import BulkAction
from oms.infra.backoffice.display import Tone, badge, moment
from oms.infra.backoffice.export import csv_line, headings
from oms.infra.backoffice.filters import chips
from oms.infra.backoffice.links import list_address, page_address
from oms.infra.backoffice.lists import PageAdmin, acting
from oms.infra.backoffice.site import retailer_site
from oms.web.workspace.lists import person
from oms.web.workspace.models import BulkJob, BulkRow, BulkStatus, RowOutcome
from oms.web.workspace.registry import ActionGone, action_of, list_of
from oms.web.workspace.services import BulkRefused, bulk_confirm, bulk_drop, bulk_stop, bulk_undo_draft
from oms.web.workspace.services.bulk_settle import may_undo

_TONES = {
    BulkStatus.DRAFT: Tone.NEUTRAL,
    BulkStatus.WAITING: Tone.WAITING,
    BulkStatus.RUNNING: Tone.WORKING,
    BulkStatus.DONE: Tone.DONE,
    BulkStatus.STOPPED: Tone.WRONG,
}
_ROWS_ON_A_PAGE = 50


def _action(job: BulkJob) -> BulkAction | None:
    try:
        return action_of(job.list, job.action)
    except ActionGone:
        return None


def _things(job: BulkJob, number: int) -> str:
    """``1 order``, ``1,200 orders``."""
    try:
        names = list_of(job.list).opts
    except ActionGone:
        return f"{number:,} rows"
    return f"{number:,} {names.verbose_name if number == 1 else names.verbose_name_plural}"


@register(BulkJob, site=retailer_site)
class BulkJobAdmin(PageAdmin[BulkJob]):
    """One's own bulk jobs, newest first; those of others for who may view them."""

    list_display = ("name", "state", "what", "done", "left", "refused", "who", "asked_at")
    list_select_related = ("user",)
    list_filter = (chips("status", [item for item in BulkStatus.choices if item[0] != BulkStatus.DRAFT]),)
    list_empty = "Choose rows of a list and what to do with them: how far it is stands here."
    ordering = ("-id",)
    sortable_by = ()
    page_template = "workspace/bulk_job.html"
    page_related = ("user", "undoes")

    @display(description="Job")
    def name(self, job: BulkJob) -> str:
        """What it does."""
        action = _action(job)
        return f"{action.word if action else job.action} ({job.pk})"

    @display(description="State")
    def state(self, job: BulkJob) -> SafeString:
        """In words."""
        return badge(job.get_status_display(), _TONES[BulkStatus(job.status)])

    @display(description="For")
    def what(self, job: BulkJob) -> str:
        """How many rows of what."""
        return _things(job, job.total)

    @display(description="Who")
    def who(self, job: BulkJob) -> str:
        """Whoever asked for it."""
        return job.user.get_full_name() or job.user.get_username()

    @display(description="When")
    def asked_at(self, job: BulkJob) -> str:
        """In the retailer's zone."""
        return moment(job.confirmed_at or job.created_at)

    def offered_actions(self) -> tuple[BulkAction, ...]:
        """None: this is the record of what was done."""
        return ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkJob]:
        """One's own, or everybody's."""
        jobs = super().get_queryset(request)
        return jobs if request.user.has_perm("workspace.view_bulkjob") else jobs.filter(user=person(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Everybody has a list of their own."""
        return bool(request.user.is_active and request.user.is_staff)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As the list."""
        return self.has_view_permission(request)

    def may_act(self, request: HttpRequest) -> bool:
        """Each view asks for itself, since that depends on the job."""
        return self.has_view_permission(request)

    def page_context(self, request: HttpRequest, row: BulkJob) -> dict[str, Any]:
        """What will happen, how far it is, or what became of it."""
        action = _action(row)
        told = row.rows.filter(outcome__in=(RowOutcome.REFUSED, RowOutcome.LEFT)).order_by("number")
        pages = Paginator(told, _ROWS_ON_A_PAGE)
        number = request.GET.get("page", "1")
        return {
            "title": f"{action.word if action else row.action}: {_things(row, row.total)}",
            "action": action,
            "status": self.state(row),
            "things": _things(row, row.total),
            "own": row.user_id == person(request).pk,
            "form": self._form(request, row, action),
            "told": pages.get_page(int(number) if number.isdecimal() else 1),
            "file": action is not None and action.is_export and self._may_see(request, row),
            "may_undo": may_undo(row) if action else None,
            "undo_word": self._undo_word(row, action),
            "undone": row.undone_by.exclude(status=BulkStatus.DRAFT).first(),
            "given": [(name.replace("_", " ").capitalize(), text) for name, text in row.given.items()
                      if name != "columns"],
            "back": f"{list_address(list_of(row.list).model)}?{row.chosen}" if action else "",
        }  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        """What the buttons of the page do, beside the usual addresses."""
        inside = self.admin_site.admin_view
        return [
            path("<int:key>/confirm/", inside(self.confirm_view), name="workspace_bulkjob_confirm"),
            path("<int:key>/drop/", inside(self.drop_view), name="workspace_bulkjob_drop"),
            path("<int:key>/stop/", inside(self.stop_view), name="workspace_bulkjob_stop"),
            path("<int:key>/undo/", inside(self.undo_view), name="workspace_bulkjob_undo"),
            path("<int:key>/progress/", inside(self.progress_view), name="workspace_bulkjob_progress"),
            path("<int:key>/rows.csv", inside(self.rows_view), name="workspace_bulkjob_rows"),
            path("<int:key>/file.csv", inside(self.file_view), name="workspace_bulkjob_file"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def confirm_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Let it begin."""
        job, action = self._to_act_on(request, key)
        form = self._form(request, job, action)
        if job.status == BulkStatus.DRAFT and form is not None and not form.is_valid():
            return self.change_view(request, str(key))
        given = {name: str(text) for name, text in form.cleaned_data.items()} if form is not None else {}
        try:
            bulk_confirm(job_id=job.pk, given=given)
        except BulkRefused as fault:
            messages.error(request, str(fault))
        return HttpResponseRedirect(page_address(job))

    @method_decorator(require_POST)
    def drop_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Do not do it, and go back to the list."""
        job, _ = self._to_act_on(request, key)
        address = f"{list_address(list_of(job.list).model)}?{job.chosen}"
        if not bulk_drop(job_id=job.pk):
            messages.error(request, "It has begun already.")
            address = page_address(job)
        return HttpResponseRedirect(address)

    @method_decorator(require_POST)
    def stop_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Do no more."""
        job = self.row_to_act_on(request, str(key))
        if job.user_id != person(request).pk and not request.user.has_perm("workspace.change_bulkjob"):
            raise PermissionDenied
        try:
            bulk_stop(job_id=job.pk)
        except BulkRefused as fault:
            messages.error(request, str(fault))
        return HttpResponseRedirect(page_address(job))

    @method_decorator(require_POST)
    def undo_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Lead to the page that asks whether what was done shall be taken back."""
        job = self.row_to_act_on(request, str(key))
        action = _action(job)
        if action is None or not list_of(job.list).may_begin(request, action):
            raise PermissionDenied
        try:
            undoing = bulk_undo_draft(job_id=job.pk, user=person(request), actor=acting(request))
        except BulkRefused as fault:
            messages.error(request, str(fault))
            return HttpResponseRedirect(page_address(job))
        return HttpResponseRedirect(page_address(undoing))

    @method_decorator(never_cache)
    def progress_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """How far it is, for the page that waits."""
        job = self.row_to_act_on(request, str(key))
        ended = job.status not in (BulkStatus.WAITING, BulkStatus.RUNNING)
        return JsonResponse({"done": job.cursor, "total": job.total, "ended": ended})

    def rows_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Rows that were not done, each with its reason, as a file."""
        job = self.row_to_act_on(request, str(key))
        if not self._may_see(request, job):
            raise PermissionDenied
        rows = job.rows.filter(outcome__in=(RowOutcome.REFUSED, RowOutcome.LEFT)).order_by("number")
        lines = [csv_line(["Row", "What became of it", "Why"])]
        lines += [
            csv_line([row.label or str(row.target), str(row.get_outcome_display()), row.said])
            for row in rows.iterator()
        ]
        return _file(lines, f"bulk-job-{job.pk}-not-done.csv")

    def file_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """What was exported."""
        job = self.row_to_act_on(request, str(key))
        if not self._may_see(request, job):
            raise PermissionDenied
        written = BulkRow.objects.filter(job=job, outcome=RowOutcome.DONE).order_by("number")
        lines = [headings(list_of(job.list), str(job.given.get("columns", "")).split(","))]
        lines += written.values_list("said", flat=True)
        return _file(lines, f"{job.list.partition('.')[2]}-{job.pk}.csv")

    def _to_act_on(self, request: HttpRequest, key: int) -> tuple[BulkJob, BulkAction]:
        """One's own job, and its action, for who may do it (still). Raises ``PermissionDenied``, ``Http404``."""
        job = self.row_to_act_on(request, str(key))
        action = _action(job)
        if action is None or job.user_id != person(request).pk or not list_of(job.list).may_begin(request, action):
            raise PermissionDenied
        return job, action

    def _may_see(self, request: HttpRequest, job: BulkJob) -> bool:
        """Whether this person may view the list that the rows are of."""
        return bool(list_of(job.list).has_view_permission(request))

    def _form(self, request: HttpRequest, job: BulkJob, action: BulkAction | None) -> Form | None:
        """What has to be told before it can begin; what takes something back has been told already."""
        if action is None or action.form is None or job.status != BulkStatus.DRAFT or job.undoes_id is not None:
            return None
        return action.form(request.POST or None)

    def _undo_word(self, job: BulkJob, action: BulkAction | None) -> str:
        return action_of(job.list, action.undo).word if action and action.undo else ""


def _file(lines: list[str], name: str) -> HttpResponse:
    """A table for a spreadsheet; the mark at its beginning makes it read the letters as they are meant."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse("\ufeff" + "".join(lines), content_type="text/csv; charset=utf-8", headers=headers)
