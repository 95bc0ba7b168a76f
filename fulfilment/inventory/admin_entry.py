"""Forms about stock: transfers, counts, expected supply, adjustments. Each saves through one service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from fulfilment.inventory import forms
from fulfilment.inventory.backoffice import VerbAdmin
from fulfilment.inventory.domain.transfers import TRANSFER_LIFE, TransferStatus
from fulfilment.inventory.entry import asked, entry
from fulfilment.inventory.models import CountStatus, IncomingSupply, StockCount, StockCountLine, StockLevel, Transfer
from fulfilment.inventory.services import NotEnoughStock, stock_adjust
from fulfilment.inventory.services.counts import CountRefused, count_open, count_record, needs_recount
from fulfilment.inventory.services.supply import SupplyRefused, may_accept, supply_accept, supply_announce
from fulfilment.inventory.services.transfers import (
    TransferRefused,
    transfer_close,
    transfer_draft,
    transfer_receive,
)
from fulfilment.locations.models import Location
from oms.infra.backoffice.links import list_address, page_address
from oms.infra.backoffice.lists import acting
from orders.catalogue.models import Product

#: Lines of a count on one page.
LINES_AT_ONCE = 200
_MOST_FOUND = 20


class _Refused(ValueError):
    """What was asked cannot be done; the message says why."""


def _may_add(request: HttpRequest, name: str) -> bool:
    return bool(request.user.has_perm(f"inventory.add_{name}"))


class LevelEntry(VerbAdmin[StockLevel]):
    """Adjusting a level, and finding products and locations by what is typed."""

    def get_urls(self) -> list[URLPattern]:
        """Two addresses more."""
        view = self.admin_site.admin_view
        return [
            path("find/", view(self.find_view), name="inventory_stocklevel_find"),
            path("<int:key>/adjust/", view(self.adjust_view), name="inventory_stocklevel_adjust"),
            *super().get_urls(),
        ]

    def links(self, row: StockLevel) -> Sequence[tuple[str, str]]:
        """Adjusting."""
        return (("Adjust", reverse("admin:inventory_stocklevel_adjust", args=[row.pk])),)

    def find_view(self, request: HttpRequest) -> HttpResponse:
        """Products, locations or categories that begin with ``q``: at most twenty."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        term = request.GET.get("q", "").strip().replace("\x00", "")[:64]
        found: list[tuple[str, str]] = []
        if term and request.GET.get("what") == "product":
            upper = Product.objects.filter(sku__startswith=term.upper()) | Product.objects.filter(gtin=term)
            found = list(
                (Product.objects.filter(sku__startswith=term) | upper)
                .order_by("sku")
                .values_list("sku", "name")[:_MOST_FOUND]
            )
        elif term and request.GET.get("what") == "location":
            rows = Location.objects.filter(code__istartswith=term) | Location.objects.filter(name__istartswith=term)
            found = list(rows.order_by("code").values_list("code", "name")[:_MOST_FOUND])
        elif term and request.GET.get("what") == "category":
            names = Product.objects.filter(category__istartswith=term).order_by("category")
            found = [(name, "") for name in names.values_list("category", flat=True).distinct()[:_MOST_FOUND]]
        return JsonResponse({"found": [{"code": code, "name": name} for code, name in found]})

    def adjust_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Units found or gone, with a reason."""
        row = self.row_to_act_on(request, str(key))
        form = forms.AdjustForm(asked(request))

        def act() -> tuple[str, str]:
            given = form.cleaned_data
            try:
                stock_adjust(
                    level_id=row.pk, units=given["units"], reason=given["reason"], note=given["note"],
                    actor=acting(request),
                )  # fmt: skip
            except NotEnoughStock as refusal:
                message = "more would be gone than is free: what is reserved, or held by carts, has to stay"
                raise _Refused(message) from refusal
            said = f"{given['units']:+,} units of {row.product.sku} at {row.location}: {given['reason']}."
            return said, page_address(row)

        about = (
            ("Product", f"{row.product.sku} {row.product.name}".strip()), ("Location", row.location),
            ("On hand", f"{row.on_hand:,}"), ("Reserved", f"{row.reserved:,}"),
        )  # fmt: skip
        return entry(
            self, request, title="Adjust stock", word="Adjust", form=form, act=act, back=page_address(row),
            refusals=(_Refused,),
            context={"about": about},
        )  # fmt: skip


class TransferEntry(VerbAdmin[Transfer]):
    """Writing a transfer, and receiving it with differences."""

    def get_urls(self) -> list[URLPattern]:
        """One address more."""
        view = self.admin_site.admin_view(self.receive_view)
        return [path("<int:key>/receive/", view, name="inventory_transfer_receive"), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who may write one."""
        return _may_add(request, "transfer")

    def links(self, row: Transfer) -> Sequence[tuple[str, str]]:
        """Receiving, while something is on its way."""
        if not TRANSFER_LIFE.may(TransferStatus(row.status), TransferStatus.RECEIVED):
            return ()
        return (("Receive with differences", reverse("admin:inventory_transfer_receive", args=[row.pk])),)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """From, to, lines."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form, lines = forms.TransferForm(asked(request)), forms.line_set(asked(request))

        def act() -> tuple[str, str]:
            given = form.cleaned_data
            made = transfer_draft(
                number=_number_of(str(request.POST["key"])), source=given["source"], destination=given["destination"],
                units={product.sku: units for product, units in lines.wanted.items()}, actor=acting(request),
                expected_on=given["expected_on"],
            )  # fmt: skip
            return f"{made.number} is written. Send it when it leaves.", page_address(made)

        return entry(
            self, request, title="New transfer", word="Write the transfer", form=form, lines=lines, act=act,
            refusals=(TransferRefused, NotEnoughStock), back=list_address(Transfer),
        )  # fmt: skip

    def receive_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """What has come of each line, and whether the rest will."""
        row = self.row_to_act_on(request, str(key))
        lines = list(row.lines.select_related("product").order_by("id"))
        form = forms.ArrivalForm(asked(request), lines=lines)

        def act() -> tuple[str, str]:
            came = form.came()
            if any(came.values()):
                transfer_receive(transfer_id=row.pk, units=came, actor=acting(request))
            said = f"{sum(came.values()):,} units of {row.number} have arrived."
            if form.cleaned_data["close"]:
                reason = form.cleaned_data["reason"] or "lost in transfer"
                transfer_close(transfer_id=row.pk, reason=reason, actor=acting(request))
                said += " Nothing more will."
            return said, page_address(row)

        table = [
            {"product": line.product, "cells": (line.quantity, line.received), "field": form[f"line-{line.pk}"]}
            for line in lines
        ]
        context = {
            "about": (("From", row.source), ("To", row.destination)), "page_lines": table,
            "heads": ("SKU", "Product", "Sent", "Arrived before", "Arrived now"),
            "extra_fields": (form["close"], form["reason"]),
        }  # fmt: skip
        return entry(
            self, request, title=f"Receive {row.number}", word="Receive", form=form, act=act, context=context,
            refusals=(TransferRefused, NotEnoughStock), template="inventory/counting.html", back=page_address(row),
        )  # fmt: skip


class SupplyEntry(VerbAdmin[IncomingSupply]):
    """Announcing supply, and changing an announcement."""

    def get_urls(self) -> list[URLPattern]:
        """One address more."""
        view = self.admin_site.admin_view(self.edit_view)
        return [path("<int:key>/edit/", view, name="inventory_incomingsupply_edit"), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who may announce."""
        return _may_add(request, "incomingsupply")

    def links(self, row: IncomingSupply) -> Sequence[tuple[str, str]]:
        """Changing, until it is accepted."""
        return (("Change", reverse("admin:inventory_incomingsupply_edit", args=[row.pk])),) if may_accept(row) else ()

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A purchase order or ship notice: where, when, lines."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form, lines = forms.SupplyForm(asked(request)), forms.line_set(asked(request))

        def act() -> tuple[str, str]:
            given = form.cleaned_data
            for product, units in sorted(lines.wanted.items(), key=lambda item: item[0].pk):
                made = supply_announce(
                    location=given["location"], product=product, quantity=units, expected_on=given["expected_on"],
                    reference=given["reference"], actor=acting(request),
                )  # fmt: skip
                if given["accept"] and may_accept(made):
                    supply_accept(supply_id=made.pk)
            state = "accepted" if given["accept"] else "announced"
            said = f"{given['reference']}: {len(lines.wanted)} products are {state}."
            return said, list_address(IncomingSupply, q=given["reference"])

        return entry(
            self, request, title="Expected supply", word="Save", form=form, lines=lines, act=act,
            refusals=(SupplyRefused,), back=list_address(IncomingSupply),
        )  # fmt: skip

    def edit_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Other units or another day, while it is promised to nobody."""
        row = self.row_to_act_on(request, str(key))
        form = forms.SupplyChangeForm(asked(request), supply=row)

        def act() -> tuple[str, str]:
            given = form.cleaned_data
            supply_announce(
                location=row.location, product=row.product, quantity=given["quantity"],
                expected_on=given["expected_on"], reference=row.reference, actor=acting(request),
            )  # fmt: skip
            return f"{row.reference}: {given['quantity']:,} on {given['expected_on']:%-d %b %Y}.", page_address(row)

        about = (("Reference", row.reference), ("Product", row.product.sku), ("To", row.location))
        return entry(
            self, request, title="Change expected supply", word="Save", form=form, act=act, refusals=(SupplyRefused,),
            back=page_address(row), context={"about": about},
        )  # fmt: skip


class CountEntry(VerbAdmin[StockCount]):
    """Beginning a count, and entering what was counted."""

    def get_urls(self) -> list[URLPattern]:
        """One address more."""
        view = self.admin_site.admin_view(self.count_view)
        return [path("<int:key>/count/", view, name="inventory_stockcount_count"), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who may begin one."""
        return _may_add(request, "stockcount")

    def links(self, row: StockCount) -> Sequence[tuple[str, str]]:
        """Entering, while it is open."""
        if row.status != CountStatus.OPEN:
            return ()
        return (("Enter counted units", reverse("admin:inventory_stockcount_count", args=[row.pk])),)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Where, and what."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = forms.CountForm(asked(request))

        def act() -> tuple[str, str]:
            given = form.cleaned_data
            made = count_open(
                location=given["location"], products=form.products, tolerance=given["tolerance"], actor=acting(request)
            )
            said = f"{len(form.products):,} products are to be counted."
            return said, reverse("admin:inventory_stockcount_count", args=[made.pk])

        return entry(
            self, request, title="New count", word="Begin to count", form=form, act=act, refusals=(CountRefused,),
            back=list_address(StockCount),
        )  # fmt: skip

    def count_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Fields for what is still to be counted. What the ledger says is not shown: it would be counted to."""
        row = self.row_to_act_on(request, str(key))
        if request.method == "POST":
            sent = [name[5:] for name in request.POST if name.startswith("line-")]
            numbers = [int(name) for name in sent if name.isascii() and name.isdigit() and len(name) < 19]
            lines = list(_lines_of(row).filter(pk__in=numbers[:LINES_AT_ONCE]))
        else:
            lines = still_to_count(row)
        form = forms.CountedForm(asked(request), count=row, lines=lines)

        def act() -> tuple[str, str]:
            counted = form.counted(lines)
            again = count_record(count_id=row.pk, counted=counted)
            said = f"{len(counted):,} products counted."
            if again:
                said += f" {len(again):,} differ by much: count them again."
            left = bool(still_to_count(row)) and row.status == CountStatus.OPEN
            return said, reverse("admin:inventory_stockcount_count", args=[row.pk]) if left else page_address(row)

        table = [
            {"product": line.level.product, "cells": (_before(line),), "field": form[f"line-{line.pk}"]}
            for line in lines
        ]
        left = row.lines.filter(counted__isnull=True).count()
        context = {
            "about": (("Location", row.location), ("Still to be counted", f"{left:,}")), "page_lines": table,
            "heads": ("SKU", "Product", "Before", "Counted"),
            "left": f"The next {LINES_AT_ONCE} follow when these are saved." if left > LINES_AT_ONCE else "",
        }  # fmt: skip
        return entry(
            self, request, title=f"Enter counted units: {row}", word="Save", form=form, act=act, context=context,
            refusals=(CountRefused, NotEnoughStock), template="inventory/counting.html", back=page_address(row),
        )  # fmt: skip


def still_to_count(count: StockCount) -> list[StockCountLine]:
    """The next lines that are not counted, or not counted a second time."""
    lines = _lines_of(count).order_by("level__product__sku")
    again = [line for line in lines.filter(counted__isnull=False, rounds__lt=2) if needs_recount(count, line)]
    return [*again, *lines.filter(counted__isnull=True)[:LINES_AT_ONCE]][:LINES_AT_ONCE]


def _lines_of(count: StockCount) -> Any:
    return count.lines.select_related("level__product").order_by("level__product__sku")


def _before(line: StockCountLine) -> str:
    return "" if line.counted is None else f"{line.counted:,}: count again"


def _number_of(key: str) -> str:
    """A number for people: the day, and what tells two of a day apart."""
    return f"T{timezone.localdate():%y%m%d}-{key[:6].upper()}"
