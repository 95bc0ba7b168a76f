"""The page of an order in the back office; and what else :mod:`oms.web` registers there."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import register
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from fulfilment.routing.bulk import ROUTE_ORDERS
from fulfilment.routing.services import Routed, orders_route
from fulfilment.routing.services.orders_route import StockContention
from oms.infra.backoffice.display import money
from oms.infra.backoffice.links import page_address
from oms.infra.backoffice.lists import acting
from oms.infra.backoffice.site import retailer_site
from oms.web.admin_sites.api_bulk import ApiBulkJobAdmin
from oms.web.admin_sites.api_keys import ApiKeyAdmin
from oms.web.admin_sites.life_panel import life_panel
from oms.web.admin_sites.order_life import OrderLifeViews
from oms.web.admin_sites.order_page import order_page
from oms.web.admin_sites.payments_panel import payments_panel
from oms.web.admin_sites.timeline import count
from orders.admin import OrderAdmin, order_status_badge
from orders.bulk import ORDER_ACTIONS
from orders.models import Order
from orders.services import NoSuchHold, hold_release
from orders.services.payments import RefundRefused, order_refund

__all__ = ["ApiBulkJobAdmin", "ApiKeyAdmin", "OrderPageAdmin"]


@register(Order, site=retailer_site)
class OrderPageAdmin(OrderAdmin, OrderLifeViews):
    """The list of orders, and the page of each with what every module knows about it."""

    bulk_actions = (ROUTE_ORDERS, *ORDER_ACTIONS)
    page_template = "web/order_page.html"
    page_related = ("channel", "customer")

    def page_context(self, request: HttpRequest, row: Order) -> dict[str, Any]:
        """The whole page."""
        number = request.GET.get("lines", "1")
        page = order_page(row, int(number) if number.isdecimal() else 1)
        return {
            "status": order_status_badge(row),
            "total": money(row.total, row.currency),
            "page": page,
            "payments": payments_panel(row),
            "life": life_panel(row, page.holds),
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
