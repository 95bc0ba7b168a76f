"""What routing could not place yet, and what it decided for many orders together."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from fulfilment.locations.models import Location
from fulfilment.routing.domain.queues import Queue
from orders.catalogue.models import Product
from orders.models import OrderLine

_QUEUES = [(queue.value, queue.sentence) for queue in Queue]


class QueueEntry(models.Model):
    """A line whose open units wait, and in which queue.

    How many they are is told by the line itself, which a cancellation may change meanwhile. ``seen`` is the snapshot
    of the database in which its stock was last read, ``revision`` that of the profile that decided: what has come in
    or changed since then is a reason to try again (see docs/algorithms/queues.md).
    """

    line = models.OneToOneField(OrderLine, primary_key=True, on_delete=models.PROTECT, related_name="waiting")
    product = models.ForeignKey(Product, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    queue = models.CharField(max_length=16, choices=_QUEUES, default=Queue.BACKORDER, db_default=Queue.BACKORDER.value)
    reason = models.CharField(max_length=255, help_text="Why, in words.")
    since = models.DateTimeField(db_default=Now())
    retries = models.PositiveIntegerField(default=0, db_default=0, help_text="How often it was tried again.")
    next_try = models.DateTimeField(null=True, help_text="When it is tried again though nothing has changed.")
    cancel_on = models.DateField(null=True, help_text="The day on which what still waits is cancelled with notice.")
    expected_on = models.DateField(null=True, help_text="The day on which stock for it is expected.")
    revision = models.BigIntegerField(default=0, db_default=0, help_text="Profile revision that decided.")
    seen = models.TextField(default="", db_default="", help_text="Snapshot in which its stock was read.")

    class Meta:
        #: The name it had when backorders were the only queue: a table is never renamed under running code.
        db_table = "routing_backorder"
        verbose_name = "line that waits"
        verbose_name_plural = "lines that wait"
        ordering: ClassVar = ["since", "line_id"]
        indexes: ClassVar = [
            models.Index(fields=["since", "line"], name="backorder_oldest"),
            models.Index(fields=["queue", "since", "line"], name="queue_oldest"),
            models.Index(fields=["product"], name="queue_of_product"),
            models.Index(fields=["next_try"], name="queue_next_try", condition=Q(next_try__isnull=False)),
            models.Index(fields=["cancel_on"], name="queue_cancel_on", condition=Q(cancel_on__isnull=False)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(queue__in=[queue.value for queue in Queue]), name="queue_known"),
        ]

    def __str__(self) -> str:
        return f"line {self.line_id}: {self.reason}"

    @property
    def word(self) -> str:
        """The queue's name."""
        return Queue(self.queue).sentence.partition(":")[0]


class FreedStock(models.Model):
    """Units of a product became free, or (without a product) a location takes work again: written by triggers.

    Rows are only added, so that two transactions never wait for each other here; ``xid`` is the transaction, which
    tells exactly whether a decision has seen it. Read rows are removed after a while.
    """

    id = models.BigAutoField(primary_key=True)
    product = models.ForeignKey(
        Product, null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    xid = models.BigIntegerField()
    freed_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["product"], name="freed_product")]

    def __str__(self) -> str:
        return f"product {self.product_id}" if self.product_id else "a location"


class RoutingRun(models.Model):
    """Orders that were decided together. ``number`` counts the retailer's runs from 1."""

    id = models.BigAutoField(primary_key=True)
    number = models.PositiveIntegerField(unique=True)
    started_at = models.DateTimeField()
    seconds = models.FloatField(help_text="From reading the facts to the last reservation.")
    orders = models.PositiveIntegerField(help_text="Orders that were decided.")
    placed_orders = models.PositiveIntegerField(help_text="Of them, those whose stock could be reserved as decided.")
    decided_again = models.PositiveIntegerField(help_text="Of them, those whose stock others took meanwhile.")
    left_out = models.PositiveIntegerField(help_text="Of them, those that changed while the run was deciding.")
    units = models.PositiveBigIntegerField(help_text="Units that were given to locations as decided.")
    currency = models.CharField(max_length=3)
    cost = models.DecimalField(max_digits=28, decimal_places=7, null=True)
    bound = models.DecimalField(max_digits=28, decimal_places=7, null=True, help_text="No way can cost less.")
    exact = models.BooleanField()
    notes = models.JSONField(default=list, help_text="What the release says of the run, in words.")
    release = models.CharField(max_length=16)
    revision = models.BigIntegerField(help_text="Profile revision whose documents decided.")
    actor = models.CharField(max_length=150)

    class Meta:
        ordering: ClassVar = ["-number"]
        verbose_name = "brokering run"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(cost__isnull=True) | Q(bound__isnull=True) | Q(bound__lte=models.F("cost")),
                name="run_bound_is_below_cost",
            ),
            models.CheckConstraint(
                condition=Q(orders=models.F("placed_orders") + models.F("decided_again") + models.F("left_out")),
                name="run_orders_add_up",
            ),
        ]

    def __str__(self) -> str:
        return f"Run {self.number}"

    @property
    def gap(self) -> Decimal | None:
        """How far the cost may lie above the best, as a share of the cost; None where that is not known."""
        if self.cost is None or self.bound is None:
            return None
        return (self.cost - self.bound) / self.cost if self.cost else Decimal(0)


class BidPrice(models.Model):
    """What one more unit at a location would have saved the last run: for the single decisions that follow it."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(RoutingRun, on_delete=models.CASCADE, related_name="bid_prices")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    price = models.DecimalField(max_digits=20, decimal_places=7, help_text="In the currency of the run.")

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "location", "run"], name="bid_price_once"),
            models.CheckConstraint(condition=Q(price__gte=0), name="bid_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.price} for {self.product_id} at {self.location_id}"
