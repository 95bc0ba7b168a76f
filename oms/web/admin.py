"""The page of an order and partners' keys, in the back office."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin import display, register
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from fulfilment.routing.bulk import ROUTE_ORDERS
from fulfilment.routing.services import Routed, orders_route
from fulfilment.routing.services.orders_route import StockContention
from oms.infra.backoffice.display import Tone, badge, moment, money
from oms.infra.backoffice.links import list_address, page_address
from oms.infra.backoffice.lists import PageAdmin, ReadOnlyAdmin, acting
from oms.infra.backoffice.site import retailer_site
from oms.web.admin_sites.order_page import order_page
from oms.web.admin_sites.payments_panel import payments_panel
from oms.web.admin_sites.timeline import count
from oms.web.models import ApiKey
from oms.web.services.api_keys import BadKeyName, api_key_issue, api_key_revoke
from orders.admin import OrderAdmin, order_status_badge
from orders.bulk import ORDER_ACTIONS
from orders.models import Order
from orders.services import NoSuchHold, hold_release
from orders.services.payments import RefundRefused, order_refund

if TYPE_CHECKING:
    from django.forms import CheckboxInput, TextInput
else:
    from unfold.widgets import UnfoldAdminTextInputWidget as TextInput
    from unfold.widgets import UnfoldBooleanSwitchWidget as CheckboxInput


@register(Order, site=retailer_site)
class OrderPageAdmin(OrderAdmin, PageAdmin[Order]):
    """The list of orders, and the page of each with what every module knows about it."""

    bulk_actions = (ROUTE_ORDERS, *ORDER_ACTIONS)
    page_template = "web/order_page.html"
    page_related = ("channel", "customer")

    def page_context(self, request: HttpRequest, row: Order) -> dict[str, Any]:
        """The whole page."""
        number = request.GET.get("lines", "1")
        return {
            "status": order_status_badge(row),
            "total": money(row.total, row.currency),
            "page": order_page(row, int(number) if number.isdecimal() else 1),
            "payments": payments_panel(row),
        }

    def get_urls(self) -> list[URLPattern]:
        """Where the buttons “Route now” and “Release hold” lead, beside the usual addresses."""
        views = (self.route_view, self.release_view, self.refund_view)
        route, release, refund = (self.admin_site.admin_view(view) for view in views)
        return [
            path("<int:key>/refund/", refund, name="orders_order_refund"),
            path("<int:key>/route/", route, name="orders_order_route"),
            path("<int:key>/holds/<str:code>/release/", release, name="orders_order_release"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def route_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Give the open units to locations now. Pressed twice, the second time finds nothing to give."""
        order = self.row_to_act_on(request, str(key))
        try:
            with transaction.atomic():
                routed = orders_route(order_ids=[order.pk], actor=acting(request))
        except StockContention as contention:
            messages.error(request, f"Nothing was routed, try again: {contention}.")
        else:
            messages.success(request, f"{order.number}: {_routed_in_words(routed)}")
        return HttpResponseRedirect(page_address(order))

    @method_decorator(require_POST)
    def release_view(self, request: HttpRequest, key: int, code: str) -> HttpResponse:
        """Release a hold; the order goes on. Pressed twice, the second time says that it is released."""
        order = self.row_to_act_on(request, str(key))
        try:
            with transaction.atomic():
                hold_release(order_number=order.number, code=code, actor=acting(request))
        except NoSuchHold as fault:
            messages.error(request, f"{fault}.")
        else:
            messages.success(request, f"{order.number}: the hold {code.replace('_', ' ')} is released.")
        return HttpResponseRedirect(page_address(order))

    @method_decorator(require_POST)
    def refund_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Give money back. The form carries a key of its own: pressed twice, it is given back once."""
        order = self.row_to_act_on(request, str(key))
        form = RefundForm(request.POST)
        if not form.is_valid():
            faults = "; ".join(f"{name}: {' '.join(map(str, said))}" for name, said in form.errors.items())
            messages.error(request, f"Nothing was given back. {faults}")
            return HttpResponseRedirect(page_address(order))
        given = form.cleaned_data
        try:
            with transaction.atomic():
                order_refund(
                    order_number=order.number, amount=given["amount"], reason=given["reason"], key=given["key"],
                    actor=acting(request),
                )  # fmt: skip
        except RefundRefused as fault:
            messages.error(request, f"Nothing was given back: {fault}.")
        else:
            messages.success(request, f"{money(given['amount'], order.currency)} is on its way back.")
        return HttpResponseRedirect(page_address(order))


class RefundForm(forms.Form):
    """An amount to give back, and why. ``key`` names this refund."""

    amount = forms.DecimalField(min_value=Decimal("0.0001"), max_digits=14, decimal_places=4)
    reason = forms.CharField(max_length=120)
    key = forms.RegexField(r"[A-Za-z0-9_-]{8,40}")


def _routed_in_words(routed: Routed) -> str:
    if not routed.orders:
        return "nothing was left to route."
    verb = "waits" if routed.backordered_units == 1 else "wait"
    waiting = f"{count(routed.backordered_units, 'unit')} {verb} as backorder."
    if not routed.requests:
        return f"no location has stock; {waiting}"
    given = f"{count(routed.allocated_units, 'unit')} given to {count(routed.requests, 'location')}"
    return f"{given}; {waiting}" if routed.backordered_units else f"{given}."


class ApiKeyForm(forms.Form):
    """Who will use a key, and for what."""

    name = forms.CharField(max_length=120, label="Who uses it", widget=TextInput)
    may_write = forms.BooleanField(
        required=False, initial=True, widget=CheckboxInput,
        label="May place orders and change things, not only read",
    )  # fmt: skip


@register(ApiKey, site=retailer_site)
class ApiKeyAdmin(ReadOnlyAdmin[ApiKey]):
    """Keys of partners: issued with a secret that is shown once, revoked for good."""

    list_display = ("name", "prefix", "rights", "state", "created", "expires")
    ordering = ("-id",)
    sortable_by = ()
    fields = ("name", "prefix", "rights", "state", "created", "expires", "revoked")
    readonly_fields = ("rights", "state", "created", "expires", "revoked")
    change_form_outer_after_template = "web/api_key_revoke.html"

    @display(description="Rights")
    def rights(self, key: ApiKey) -> str:
        """What it may do."""
        return "reads and writes" if key.may_write else "reads only"

    @display(description="State")
    def state(self, key: ApiKey) -> SafeString:
        """Whether it is taken."""
        if key.revoked_at:
            return badge(f"Revoked: {moment(key.revoked_at)}", Tone.WRONG)
        if key.expires_at and key.expires_at <= timezone.now():
            return badge(f"Expired: {moment(key.expires_at)}", Tone.NEUTRAL)
        return badge("Live: it is accepted", Tone.DONE)

    @display(description="Issued")
    def created(self, key: ApiKey) -> str:
        """When, in the retailer's zone."""
        return moment(key.created_at)

    @display(description="Expires")
    def expires(self, key: ApiKey) -> str:
        """When, in the retailer's zone."""
        return moment(key.expires_at) or "never"

    @display(description="Revoked")
    def revoked(self, key: ApiKey) -> str:
        """When, in the retailer's zone."""
        return moment(key.revoked_at) or "no"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Those who may add keys."""
        return request.user.has_perm("web.add_apikey")

    def get_urls(self) -> list[URLPattern]:
        """Revoking beside the usual addresses."""
        view = self.admin_site.admin_view(self.revoke_view)
        return [path("<int:key>/revoke/", view, name="web_apikey_revoke"), *super().get_urls()]

    @method_decorator(never_cache)
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A form, and after it the token: shown in this one answer and kept nowhere."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ApiKeyForm(request.POST or None)
        token = None
        if form.is_valid():
            try:
                key, token = api_key_issue(**form.cleaned_data)
            except BadKeyName as fault:
                form.add_error("name", str(fault))
            else:
                self.log_addition(request, key, "Issued.")
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "title": "Issue an API key",
            "form": form, "token": token, "list_address": list_address(ApiKey),
        }  # fmt: skip
        return TemplateResponse(request, "web/api_key_issue.html", context)

    @method_decorator(require_POST)
    def revoke_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Refuse the key from now on."""
        if not request.user.has_perm("web.change_apikey"):
            raise PermissionDenied
        row = self.get_object(request, str(key))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(key))
        api_key_revoke(prefix=row.prefix)
        self.log_change(request, row, "Revoked.")
        messages.success(request, f"{row.name}: the key {row.prefix} is refused from now on.")
        return HttpResponseRedirect(page_address(row))
