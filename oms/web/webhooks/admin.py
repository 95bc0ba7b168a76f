"""Webhooks in the back office: who listens, how it goes, what was told, and telling again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin import display, register
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from oms.infra.backoffice.display import Tone, badge, moment
from oms.infra.backoffice.filters import DayRange, Menu, chips
from oms.infra.backoffice.links import list_address, page_address, page_link
from oms.infra.backoffice.lists import PageAdmin, acting
from oms.infra.backoffice.site import retailer_site
from oms.web.webhooks.catalogue import CATALOGUE
from oms.web.webhooks.forms import EndpointForm, ReplayForm, RotationForm, initial_of
from oms.web.webhooks.models import Delivery, DeliveryStatus, Endpoint, EndpointState
from oms.web.webhooks.selectors import calls_of, deliveries_newest, health
from oms.web.webhooks.services.endpoints import (
    EndpointRefused,
    endpoint_change,
    endpoint_create,
    endpoint_set_state,
    may_change_state,
    secret_rotate,
)
from oms.web.webhooks.services.replay import delivery_replay, may_replay, range_replay, test_send

_STATES = {
    EndpointState.ACTIVE: Tone.DONE,
    EndpointState.PAUSED: Tone.WAITING,
    EndpointState.DISABLED: Tone.WRONG,
    EndpointState.REMOVED: Tone.NEUTRAL,
}
_STATUSES = {
    DeliveryStatus.WAITING: Tone.WAITING,
    DeliveryStatus.DELIVERED: Tone.DONE,
    DeliveryStatus.PARKED: Tone.WRONG,
    DeliveryStatus.REFUSED: Tone.NEUTRAL,
}
_SHOWN = 15
#: Failures in a row before the state speaks of them.
_ALARMING = 5


def state_badge(endpoint: Endpoint) -> SafeString:
    """The state in words; an active endpoint that only fails says so."""
    if endpoint.state == EndpointState.ACTIVE and endpoint.failures >= _ALARMING:
        return badge(f"Failing: {endpoint.failures} calls in a row, since {moment(endpoint.failing_since)}", Tone.WRONG)
    state = EndpointState(endpoint.state)
    return badge(str(state.label), _STATES[state])


def status_badge(delivery: Delivery) -> SafeString:
    """The status in words."""
    status = DeliveryStatus(delivery.status)
    return badge(str(status.label), _STATUSES[status])


@register(Endpoint, site=retailer_site)
class EndpointAdmin(PageAdmin[Endpoint]):
    """Who listens."""

    list_display = ("name", "badge", "address", "events", "made")
    list_filter = (chips("state", list(EndpointState.choices), "state"),)
    ordering = ("id",)
    sortable_by = ()
    page_template = "webhooks/endpoint_page.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        """With what each listens to, in one more statement."""
        return super().get_queryset(request).prefetch_related("subscriptions")

    @display(description="State")
    def badge(self, endpoint: Endpoint) -> SafeString:
        """In words."""
        return state_badge(endpoint)

    @display(description="Address")
    def address(self, endpoint: Endpoint) -> str:
        """A long one is cut."""
        return endpoint.url if len(endpoint.url) <= 60 else f"{endpoint.url[:59]}…"

    @display(description="Listens to")
    def events(self, endpoint: Endpoint) -> str:
        """The first, and how many more."""
        names = [row.event for row in endpoint.subscriptions.all()]
        return f"{names[0]} and {len(names) - 1} more" if len(names) > 2 else ", ".join(names) or "–"

    @display(description="Made")
    def made(self, endpoint: Endpoint) -> str:
        """When, in the retailer's zone."""
        return moment(endpoint.created_at)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Those who may add endpoints."""
        return request.user.has_perm("webhooks.add_endpoint")

    def page_context(self, request: HttpRequest, row: Endpoint) -> dict[str, Any]:
        """How it goes, what was told last, what can be done."""
        events = [CATALOGUE[item.event] for item in row.subscriptions.all() if item.event in CATALOGUE]
        newest = deliveries_newest(endpoint=row, status=None, before=None, limit=_SHOWN)
        return {
            "state": state_badge(row),
            "events": events,
            "health": health(row),
            "secrets": list(row.secrets.order_by("-id")),
            "deliveries": [(delivery, status_badge(delivery), page_address(delivery)) for delivery in newest],
            "all_deliveries": list_address(Delivery, endpoint__id__exact=str(row.pk)),
            "parked": list_address(Delivery, endpoint__id__exact=str(row.pk), status="parked"),
            "replays": list(row.replays.order_by("-id")[:5]),
            "may_pause": may_change_state(row, EndpointState.PAUSED),
            "may_activate": may_change_state(row, EndpointState.ACTIVE),
            "may_remove": may_change_state(row, EndpointState.REMOVED),
        }

    def get_urls(self) -> list[URLPattern]:
        """What the buttons call, beside the usual addresses."""
        views: dict[str, Callable[..., HttpResponse]] = {
            "edit": self.edit_view, "state": self.state_view, "rotate": self.rotate_view, "test": self.test_view,
            "replay": self.replay_view,
        }  # fmt: skip
        own = [
            path(f"<int:key>/{name}/", self.admin_site.admin_view(view), name=f"webhooks_endpoint_{name}")
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    @method_decorator(never_cache)
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A form, and after it the secret: shown in this one answer."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = EndpointForm(request.POST or None)
        if form.is_valid():
            try:
                with transaction.atomic():
                    endpoint, secret = endpoint_create(wish=form.wish(), actor=acting(request))
            except EndpointRefused as fault:
                form.add_error(fault.field or None, str(fault))
            else:
                self.log_addition(request, endpoint, "Made.")
                return self._secret_page(request, endpoint, secret, "The endpoint has been made")
        return self._form_page(request, form, "Add a webhook endpoint", "Make the endpoint")

    def edit_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Change who listens where, to what, and how fast."""
        row = self.row_to_act_on(request, str(key))
        form = EndpointForm(request.POST or None, initial=initial_of(row))
        if form.is_valid():
            try:
                with transaction.atomic():
                    endpoint_change(reference=row.reference, wish=form.wish())
            except EndpointRefused as fault:
                form.add_error(fault.field or None, str(fault))
            else:
                self.log_change(request, row, "Changed.")
                messages.success(request, f"{row.name} is as you wished.")
                return HttpResponseRedirect(page_address(row))
        return self._form_page(request, form, f"Change {row.name}", "Keep these changes")

    @method_decorator(require_POST)
    def state_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Pause it, make it active again, or remove it."""
        row = self.row_to_act_on(request, str(key))
        wanted = request.POST.get("state", "")
        if wanted not in ("active", "paused", "removed"):
            messages.error(request, "Nothing was changed: there is no such state.")
            return HttpResponseRedirect(page_address(row))
        return self._do(
            request, row, f"{row.name}: {EndpointState(wanted).label}.",
            lambda: endpoint_set_state(
                reference=row.reference, state=EndpointState(wanted), actor=acting(request), reason="by hand"
            ),
        )  # fmt: skip

    @method_decorator(never_cache)
    @method_decorator(require_POST)
    def rotate_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Another secret, shown in this one answer."""
        row = self.row_to_act_on(request, str(key))
        form = RotationForm(request.POST)
        if not form.is_valid() or row.state == EndpointState.REMOVED:
            messages.error(request, "Nothing was changed: say for how many hours (0 to 720) both secrets sign.")
            return HttpResponseRedirect(page_address(row))
        endpoint, secret = secret_rotate(reference=row.reference, keep=form.keep())
        self.log_change(request, row, "Secret replaced.")
        return self._secret_page(request, endpoint, secret, "The secret has been replaced")

    @method_decorator(require_POST)
    def test_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Send a test message."""
        row = self.row_to_act_on(request, str(key))
        return self._do(
            request, row, "A test message is on its way; it appears below.",
            lambda: test_send(reference=row.reference),
        )  # fmt: skip

    @method_decorator(require_POST)
    def replay_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Tell a range of time again."""
        row = self.row_to_act_on(request, str(key))
        form = ReplayForm(request.POST)
        if not form.is_valid():
            messages.error(request, "Nothing is told again: give the times at which the range begins and ends.")
            return HttpResponseRedirect(page_address(row))
        given = form.cleaned_data
        return self._do(
            request, row, "The range is being told again; how far it is appears below.",
            lambda: range_replay(
                reference=row.reference, begins=given["begins"], ends=given["ends"],
                only_failed=not given["everything"], actor=acting(request),
            ),
        )  # fmt: skip

    def _do(self, request: HttpRequest, row: Endpoint, done: str, work: Callable[[], object]) -> HttpResponse:
        try:
            with transaction.atomic():
                work()
        except EndpointRefused as fault:
            messages.error(request, f"Nothing was changed: {fault}")
        except Endpoint.DoesNotExist:
            messages.error(request, "Nothing was changed: the endpoint has been removed.")
        else:
            self.log_change(request, row, done)
            messages.success(request, done)
        return HttpResponseRedirect(page_address(row))

    def _form_page(self, request: HttpRequest, form: EndpointForm, title: str, button: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "title": title, "form": form, "button": button,
        }  # fmt: skip
        return TemplateResponse(request, "webhooks/endpoint_form.html", context)

    def _secret_page(self, request: HttpRequest, endpoint: Endpoint, secret: str, title: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "title": title, "secret": secret,
            "address": page_address(endpoint),
        }  # fmt: skip
        return TemplateResponse(request, "webhooks/endpoint_secret.html", context)


@register(Delivery, site=retailer_site)
class DeliveryAdmin(PageAdmin[Delivery]):
    """What was told to whom, newest first."""

    list_display = ("what", "badge", "event", "about", "to", "answer", "attempts", "written")
    list_display_links = None
    list_select_related = ("endpoint", "message")
    list_filter = (
        chips("status", list(DeliveryStatus.choices)), ("endpoint", Menu), ("created_at", DayRange),
    )  # fmt: skip
    list_empty = "What is sent to an endpoint is listed here. Make one under Webhooks."
    ordering = ("-id",)
    sortable_by = ()
    search_help_text = "webhook-id, order number or location"
    page_template = "webhooks/delivery_page.html"
    page_related = ("endpoint", "message")

    @display(description="webhook-id")
    def what(self, delivery: Delivery) -> SafeString:
        """Leads to the page."""
        return page_link(delivery, f"{delivery.message.reference[:14]}…")

    @display(description="Status")
    def badge(self, delivery: Delivery) -> SafeString:
        """In words."""
        return status_badge(delivery)

    @display(description="Event")
    def event(self, delivery: Delivery) -> str:
        """Its type."""
        return delivery.message.event

    @display(description="About")
    def about(self, delivery: Delivery) -> str:
        """Order or location."""
        return delivery.message.subject or "–"

    @display(description="To")
    def to(self, delivery: Delivery) -> SafeString:
        """Leads to the endpoint."""
        return page_link(delivery.endpoint, delivery.endpoint.name)

    @display(description="Last answer")
    def answer(self, delivery: Delivery) -> str:
        """In words."""
        return delivery.last_answer or "–"

    @display(description="Written")
    def written(self, delivery: Delivery) -> str:
        """When, in the retailer's zone."""
        return moment(delivery.created_at)

    def find(self, rows: QuerySet[Delivery], term: str) -> QuerySet[Delivery]:
        """By identifier or by what it is about."""
        if term.startswith("msg_"):
            return rows.filter(message__reference=term)
        return rows.filter(message__subject__in={term, term.upper()})

    def page_context(self, request: HttpRequest, row: Delivery) -> dict[str, Any]:
        """What was sent, every call and its answer."""
        return {
            "title": row.message.reference,
            "status": status_badge(row),
            "endpoint_address": page_address(row.endpoint),
            "body": json.dumps(json.loads(row.message.body), indent=2, ensure_ascii=False),
            "calls": [
                (call, _lines(call.request_headers), _lines(call.response_headers)) for call in calls_of(row)[::-1]
            ],
            "may_replay": may_replay(row),
        }

    def get_urls(self) -> list[URLPattern]:
        """Telling again, beside the usual addresses."""
        view = self.admin_site.admin_view(self.again_view)
        return [path("<int:key>/again/", view, name="webhooks_delivery_again"), *super().get_urls()]

    @method_decorator(require_POST)
    def again_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Tell it again, with the same identifier."""
        row = self.row_to_act_on(request, str(key))
        try:
            with transaction.atomic():
                delivery_replay(endpoint=row.endpoint, message=row.message.reference)
        except EndpointRefused as fault:
            messages.error(request, f"It is not told again: {fault}")
        else:
            messages.success(request, "It is being told again.")
        return HttpResponseRedirect(page_address(row))


def _lines(headers: dict[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers.items())
