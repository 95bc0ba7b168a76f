"""What waits, and what was decided together, in the back office."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import cached_property
from io import StringIO

from django.contrib.admin import display, register
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from fulfilment.routing.bulk import QUEUE_ACTIONS
from fulfilment.routing.domain.queues import Queue
from fulfilment.routing.models import QueueEntry, RoutingRun
from fulfilment.routing.selectors import COUNTED, queue_counts
from fulfilment.routing.wording import gap_in_words
from oms.infra.backoffice.display import Tone, badge, moment, money
from oms.infra.backoffice.filters import Chips
from oms.infra.backoffice.links import page_link
from oms.infra.backoffice.lists import ReadOnlyAdmin
from oms.infra.backoffice.site import retailer_site
from orders.models import OrderLine
from orders.selectors import lines_of_product, orders_numbered

_TONES = {
    Queue.TO_ROUTE: Tone.WORKING,
    Queue.BACKORDER: Tone.WAITING,
    Queue.PRE_ORDER: Tone.NEUTRAL,
    Queue.UNFILLABLE: Tone.WRONG,
}
_EXPORTED = ("Order", "Line", "SKU", "Units", "Queue", "Reason", "Waits since", "Tries", "Expected", "Cancelled on")


class QueueChips(Chips):
    """The queues, each with how many lines wait in it."""

    title = "queue"
    parameter_name = "queue"
    field = "queue"

    @cached_property
    def offered(self) -> Sequence[tuple[str, str]]:  # type: ignore[override]
        """(queue, word and number)."""
        counts = queue_counts()
        return [(item.value, f"{item.sentence.partition(':')[0]} {_at_most(counts[item])}") for item in Queue]


def _at_most(number: int) -> str:
    return f"{COUNTED:,}+" if number > COUNTED else f"{number:,}"


@register(QueueEntry, site=retailer_site)
class QueueEntryAdmin(ReadOnlyAdmin[QueueEntry]):
    """Lines that no location takes now, longest waiting first."""

    list_display = ("order_number", "sku", "description", "units_open", "place", "reason", "age", "follows")
    list_display_links = None
    list_select_related = ("line__order", "line__product")
    list_filter = (QueueChips,)
    list_empty = "No line waits for stock or for a run."
    ordering = ("since", "line_id")
    sortable_by = ()
    search_help_text = "SKU or order number"
    bulk_actions = QUEUE_ACTIONS
    list_after_template = "routing/queue_export.html"

    @display(description="Order")
    def order_number(self, entry: QueueEntry) -> SafeString:
        """Leads to the order."""
        return page_link(entry.line.order, entry.line.order.number)

    @display(description="SKU")
    def sku(self, entry: QueueEntry) -> str:
        """Of the product."""
        return entry.line.product.sku

    @display(description="Description")
    def description(self, entry: QueueEntry) -> str:
        """As sold; the product's name where the order came without."""
        return entry.line.words

    @display(description="Units open")
    def units_open(self, entry: QueueEntry) -> str:
        """Units that wait."""
        return f"{entry.line.open:,}"

    @display(description="Queue")
    def place(self, entry: QueueEntry) -> SafeString:
        """Which queue, in words."""
        queue = Queue(entry.queue)
        return badge(queue.sentence, _TONES[queue])

    @display(description="Waiting")
    def age(self, entry: QueueEntry) -> str:
        """How long, in words, and how often it was tried again."""
        tried = f", tried again {entry.retries} time{'s' if entry.retries != 1 else ''}" if entry.retries else ""
        return f"{timesince(entry.since)}{tried}"

    @display(description="What follows")
    def follows(self, entry: QueueEntry) -> str:
        """When it is tried again, and when it is given up."""
        told = [f"stock expected {entry.expected_on:%d %b}"] if entry.expected_on else []
        told += [f"next try {moment(entry.next_try)}"] if entry.next_try else []
        told += [f"cancelled with notice on {entry.cancel_on:%d %b %Y}"] if entry.cancel_on else []
        return "; ".join(told) or ("the next run" if entry.queue == Queue.TO_ROUTE else "a change, or you")

    def find(self, rows: QuerySet[QueueEntry], term: str) -> QuerySet[QueueEntry]:
        """By the number of the order first, then by product."""
        numbered = orders_numbered(term)
        if numbered:
            return rows.filter(line__order__in=numbered)
        return rows.filter(line__in=lines_of_product(OrderLine.objects.filter(open__gt=0), term))

    def get_urls(self) -> list[URLPattern]:
        """The export beside the usual addresses."""
        view = self.admin_site.admin_view(self.export_view)
        return [path("export.csv", view, name="routing_queueentry_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Everything that waits, or one queue (``?queue=backorder``), as CSV."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        rows = QueueEntry.objects.filter(line__open__gt=0).select_related(*self.list_select_related)
        if request.GET.get("queue") in {queue.value for queue in Queue}:
            rows = rows.filter(queue=request.GET["queue"])
        # Read before the answer goes out: the retailer's context ends with the view.
        text = _exported(rows.order_by("since", "line_id"))
        return HttpResponse(
            text, content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="waiting-{timezone.localdate()}.csv"'},
        )  # fmt: skip


def _exported(rows: QuerySet[QueueEntry]) -> str:
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(_EXPORTED)
    for row in rows.iterator(2_000):
        cells = (
            row.line.order.number, row.line.position, row.line.product.sku, row.line.open, row.queue, row.reason,
            row.since.isoformat(timespec="seconds"), row.retries, row.expected_on or "", row.cancel_on or "",
        )  # fmt: skip
        writer.writerow([_harmless(cell) for cell in cells])
    return out.getvalue()


def _harmless(cell: object) -> object:
    """A text that a spreadsheet would take for a formula is written as text."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


@register(RoutingRun, site=retailer_site)
class RoutingRunAdmin(ReadOnlyAdmin[RoutingRun]):
    """Runs that decided orders together, newest first."""

    list_display = ("name", "started", "decided", "cost_of", "quality", "took", "by")
    list_display_links = None
    list_empty = "A run decides the waiting orders together; the routing settings say whether orders wait for one."
    ordering = ("-number",)
    sortable_by = ()

    @display(description="Run")
    def name(self, run: RoutingRun) -> str:
        """Its number."""
        return str(run)

    @display(description="Started")
    def started(self, run: RoutingRun) -> str:
        """When, in the retailer's zone."""
        return moment(run.started_at)

    @display(description="Orders")
    def decided(self, run: RoutingRun) -> str:
        """What became of its orders."""
        told = [f"{run.placed_orders:,} of {run.orders:,} as decided"]
        told += [f"{run.decided_again:,} decided again: others took their stock"] if run.decided_again else []
        told += [f"{run.left_out:,} changed meanwhile and wait for the next run"] if run.left_out else []
        return "; ".join(told)

    @display(description="Cost")
    def cost_of(self, run: RoutingRun) -> str:
        """Of all its orders, in its currency."""
        return "–" if run.cost is None else money(run.cost, run.currency)

    @display(description="How good it is")
    def quality(self, run: RoutingRun) -> str:
        """How far from the best, in words."""
        return gap_in_words(run)

    @display(description="Took")
    def took(self, run: RoutingRun) -> str:
        """Seconds, from the first question to the last reservation."""
        return f"{run.seconds:.1f} s"

    @display(description="Decided by")
    def by(self, run: RoutingRun) -> str:
        """The release and the revision of the profile."""
        return f"release {run.release}, revision {run.revision}"
