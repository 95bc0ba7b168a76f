"""Notices in the back office: what customers were told, what did not leave and why, and the words of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin import display, register
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from oms.infra.backoffice.display import Tone, badge, moment
from oms.infra.backoffice.filters import DayRange, chips
from oms.infra.backoffice.links import list_address, page_address, page_link
from oms.infra.backoffice.lists import PageAdmin
from oms.infra.backoffice.site import retailer_site
from oms.web.notices.forms import NewWordsForm, WordsForm
from oms.web.notices.kinds import TELLINGS, NoticeKind, fields_of
from oms.web.notices.models import Notice, NoticeStatus, NoticeTemplate
from oms.web.notices.selectors import example_of
from oms.web.notices.services.send_again import NoticeRefused, may_send_again, notice_send_again
from oms.web.notices.services.templates import TemplateRefused, template_change, template_make
from oms.web.workspace.lists import person

_TONES = {
    NoticeStatus.WAITING: Tone.WAITING,
    NoticeStatus.SENT: Tone.DONE,
    NoticeStatus.FAILED: Tone.WRONG,
    NoticeStatus.REFUSED: Tone.NEUTRAL,
}
_STATES_SHOWN = 10


@register(Notice, site=retailer_site)
class NoticeAdmin(PageAdmin[Notice]):
    """What was written to customers, newest first."""

    list_display = ("what", "state", "about", "to", "reason", "written", "left_at")
    list_select_related = ("order",)
    list_filter = (chips("status", list(NoticeStatus.choices)), ("created_at", DayRange))
    ordering = ("-id",)
    sortable_by = ()
    search_help_text = "Order number"
    page_template = "notices/notice_page.html"
    page_related = ("order__customer",)

    @display(description="Notice")
    def what(self, notice: Notice) -> str:
        """What it tells."""
        return str(notice.get_kind_display())

    @display(description="State")
    def state(self, notice: Notice) -> SafeString:
        """In words."""
        status = NoticeStatus(notice.status)
        return badge(str(status.label), _TONES[status])

    @display(description="Order")
    def about(self, notice: Notice) -> SafeString:
        """Leads to the order."""
        return page_link(notice.order, notice.order.number)

    @display(description="To")
    def to(self, notice: Notice) -> str:
        """The address."""
        return notice.recipient or "–"

    @display(description="Written")
    def written(self, notice: Notice) -> str:
        """When, in the retailer's zone."""
        return moment(notice.created_at)

    @display(description="Sent")
    def left_at(self, notice: Notice) -> str:
        """When, in the retailer's zone."""
        return moment(notice.sent_at) or "–"

    def find(self, rows: QuerySet[Notice], term: str) -> QuerySet[Notice]:
        """By the order."""
        return rows.filter(order__number__in={term, term.upper()})

    def page_context(self, request: HttpRequest, row: Notice) -> dict[str, Any]:
        """The mail, and whether it can be sent again."""
        return {
            "state": self.state(row),
            "may_send_again": may_send_again(row),
            "order_address": page_address(row.order),
        }

    def get_urls(self) -> list[URLPattern]:
        """Sending again, beside the usual addresses."""
        view = self.admin_site.admin_view(self.again_view)
        return [path("<int:key>/again/", view, name="notices_notice_again"), *super().get_urls()]

    @method_decorator(require_POST)
    def again_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Send it again."""
        row = self.row_to_act_on(request, str(key))
        try:
            with transaction.atomic():
                notice = notice_send_again(notice_id=row.pk)
        except NoticeRefused as fault:
            messages.error(request, f"It is not sent again: {fault}")
        else:
            self.log_change(request, row, f"Sent again to {notice.recipient}.")
            messages.success(request, f"It is being sent to {notice.recipient}.")
        return HttpResponseRedirect(page_address(row))


@register(NoticeTemplate, site=retailer_site)
class NoticeTemplateAdmin(PageAdmin[NoticeTemplate]):
    """In which words customers are told, and of what."""

    list_display = ("kind_word", "state", "where", "subject", "reply_to")
    list_select_related = ("channel",)
    ordering = ("kind", "id")
    sortable_by = ()
    page_template = "notices/template_page.html"
    page_related = ("channel",)

    @display(description="Notice")
    def kind_word(self, template: NoticeTemplate) -> str:
        """What it tells."""
        return str(template.get_kind_display())

    @display(description="State")
    def state(self, template: NoticeTemplate) -> SafeString:
        """Whether customers are told."""
        return badge("On: customers are told", Tone.DONE) if template.active else badge("Off: customers are not told")

    @display(description="Channel")
    def where(self, template: NoticeTemplate) -> str:
        """For whose customers."""
        return template.channel.name if template.channel else "Every channel without its own"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Those who may add templates."""
        return request.user.has_perm("notices.add_noticetemplate")

    def page_context(self, request: HttpRequest, row: NoticeTemplate) -> dict[str, Any]:
        """The words, what a customer would read, and who changed them."""
        kind = NoticeKind(row.kind)
        states = NoticeTemplate.history.filter(id=row.pk).select_related("history_user").order_by("-history_id")
        return {
            "state": self.state(row),
            "where": self.where(row),
            "example": example_of(kind, row.channel, row.subject, row.body),
            "states": [
                (moment(state.history_date), state.history_user or "–", "On" if state.active else "Off", state.subject)
                for state in states[:_STATES_SHOWN]
            ],
        }

    def get_urls(self) -> list[URLPattern]:
        """Changing, beside the usual addresses."""
        view = self.admin_site.admin_view(self.edit_view)
        return [path("<int:key>/edit/", view, name="notices_noticetemplate_edit"), *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """What to tell of is chosen first; then the words, of which there are some to begin with."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if "kind" not in request.GET:
            context = {**self.admin_site.each_context(request), "opts": self.opts, "title": "Add a notice template"}
            return TemplateResponse(request, "notices/template_kinds.html", {**context, "kinds": NoticeKind.choices})
        kind = _kind(request.GET["kind"])
        telling = TELLINGS[kind]
        form = NewWordsForm(kind, request.POST or None, initial={"subject": telling.subject, "body": telling.body})
        if form.is_valid() and "preview" not in request.POST:
            try:
                row = template_make(
                    kind=kind, channel=form.cleaned_data["channel"], words=form.words(), user=person(request)
                )
            except TemplateRefused as fault:
                form.add_error(fault.field or None, str(fault))
            else:
                return self._kept(request, row)
        channel = form.cleaned_data.get("channel") if form.is_bound and form.is_valid() else None
        return self._form_page(request, kind, form, channel, f"Notice template: {kind.label}")

    def edit_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Other words, or none any more."""
        row = self.row_to_act_on(request, str(key))
        kind = NoticeKind(row.kind)
        initial = {"active": row.active, "subject": row.subject, "body": row.body, "reply_to": row.reply_to}
        form = WordsForm(kind, request.POST or None, initial=initial)
        if form.is_valid() and "preview" not in request.POST:
            try:
                row = template_change(template_id=row.pk, words=form.words(), user=person(request))
            except TemplateRefused as fault:
                form.add_error(fault.field or None, str(fault))
            else:
                return self._kept(request, row)
        return self._form_page(request, kind, form, row.channel, f"Notice template: {row}")

    def _kept(self, request: HttpRequest, row: NoticeTemplate) -> HttpResponse:
        told = "Customers are told in these words." if row.active else "Customers are not told."
        messages.success(request, f"The template is kept. {told}")
        return HttpResponseRedirect(page_address(row))

    def _form_page(
        self, request: HttpRequest, kind: NoticeKind, form: WordsForm, channel: Any, title: str
    ) -> HttpResponse:
        shown = form.is_bound and form.is_valid()
        words = form.words() if shown else None
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "title": title, "form": form,
            "fields": [(f"{{{name}}}", meaning) for name, meaning in fields_of(kind).items()],
            "previewed": shown,
            "example": example_of(kind, channel, words.subject, words.body) if words else None,
            "back": list_address(NoticeTemplate),
        }  # fmt: skip
        return TemplateResponse(request, "notices/template_form.html", context)


def _kind(given: str) -> NoticeKind:
    try:
        return NoticeKind(given)
    except ValueError as fault:
        message = "There is no such notice."
        raise Http404(message) from fault
