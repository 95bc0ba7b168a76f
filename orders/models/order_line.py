"""What was ordered, what was charged beside it, and what was taken back before it left."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from orders.catalogue.models import Product
from orders.models.channel import Channel
from orders.models.order import Order


class OrderLine(models.Model):
    """A product and a quantity in an order, with what became of each unit.

    ``ordered`` units are cancelled, allocated (committed to a location), fulfilled (they left), or still open.
    """

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines", db_index=False)
    position = models.PositiveIntegerField(help_text="From 1, in the order in which the lines arrived.")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    description = models.CharField(max_length=255, blank=True, default="", help_text="As sold.")
    unit_price = models.DecimalField(max_digits=14, decimal_places=4)
    ordered = models.PositiveIntegerField()
    cancelled = models.PositiveIntegerField(default=0)
    allocated = models.PositiveIntegerField(default=0, help_text="Committed to a location, not yet shipped.")
    fulfilled = models.PositiveIntegerField(default=0)
    returned = models.PositiveIntegerField(default=0)
    ship_from = models.CharField(
        max_length=32,
        blank=True,
        default="",
        help_text="Code of the only location that may fulfil it, if any.",
    )
    #: Units that still have to be given to a location.
    open = models.GeneratedField(
        expression=F("ordered") - F("cancelled") - F("allocated") - F("fulfilled"),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    #: Price of the ordered quantity.
    amount = models.GeneratedField(
        expression=F("unit_price") * F("ordered"),
        output_field=models.DecimalField(max_digits=28, decimal_places=4),
        db_persist=True,
    )

    class Meta:
        ordering: ClassVar = ["order_id", "position"]
        indexes: ClassVar = [
            models.Index(fields=["product", "order", "position"], name="order_line_of_product"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_position_once"),
            models.CheckConstraint(condition=Q(ordered__gt=0), name="order_line_ordered_positive"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="order_line_price_not_negative"),
            models.CheckConstraint(
                condition=Q(ordered__gte=F("cancelled") + F("allocated") + F("fulfilled")),
                name="order_line_quantities_add_up",
            ),
            models.CheckConstraint(condition=Q(returned__lte=F("fulfilled")), name="order_line_returned_was_fulfilled"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.position}"

    @property
    def words(self) -> str:
        """As sold; the product's name where the order came without words."""
        return self.description or self.product.name


class OrderCharge(models.Model):
    """Money beside the goods: carriage, fees, discounts. Some belong to no order (bank charges)."""

    id = models.BigAutoField(primary_key=True)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+", db_index=False)
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="charges")
    line = models.ForeignKey(
        OrderLine, null=True, on_delete=models.PROTECT, related_name="charges", db_index=False,
        help_text="The line that it belongs to; empty for the order as a whole.",
    )  # fmt: skip
    external_number = models.CharField(max_length=64, help_text="Number of the document that charged it.")
    kind = models.CharField(max_length=32)
    description = models.CharField(max_length=255, blank=True, default="")
    quantity = models.IntegerField()
    unit_price = models.DecimalField(max_digits=14, decimal_places=4)
    charged_at = models.DateTimeField()
    amount = models.GeneratedField(
        expression=F("unit_price") * F("quantity"),
        output_field=models.DecimalField(max_digits=28, decimal_places=4),
        db_persist=True,
    )

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(kind=""), name="order_charge_kind_given"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class LineCancellation(models.Model):
    """Units of a line taken back, before they left (cancelled) or after (returned)."""

    id = models.BigAutoField(primary_key=True)
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="cancellations")
    quantity = models.PositiveIntegerField()
    of_which_returned = models.PositiveIntegerField(
        default=0, help_text="Units that had already been fulfilled: they came back."
    )
    unit_price = models.DecimalField(max_digits=14, decimal_places=4, help_text="Credited for each unit.")
    external_number = models.CharField(max_length=64, blank=True, default="", help_text="Of the credit note.")
    reason = models.CharField(max_length=120, blank=True, default="")
    actor = models.CharField(max_length=150)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_cancellation_quantity_positive"),
            models.CheckConstraint(
                condition=Q(of_which_returned__lte=F("quantity")), name="line_cancellation_returned_part"
            ),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="line_cancellation_price"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of line {self.line_id}"
