"""What channels send and are told: every message as it came, and every delivery with its tries."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from orders.catalogue.models import Product
from orders.models.channel import Channel
from orders.models.order import Order


class ChannelConnection(models.Model):
    """How a channel is reached and what proves that it is the one that calls. Secrets are sealed."""

    id = models.BigAutoField(primary_key=True)
    channel = models.OneToOneField(Channel, on_delete=models.PROTECT, related_name="connection")
    adapter = models.CharField(max_length=32, help_text="Folder of the platform's adapter: shopify.")
    country = models.CharField(max_length=2, blank=True, default="", help_text="For orders that name none.")
    base_url = models.URLField(blank=True, default="", help_text="Where the platform is told: https://shop.example.")
    options = models.JSONField(default=dict, blank=True, help_text="What this adapter asks for, by name.")
    secret = models.BinaryField(default=b"", help_text="Sealed; signs what the platform sends.")
    earlier_secret = models.BinaryField(default=b"", help_text="Sealed; still good while secrets are exchanged.")
    token = models.BinaryField(default=b"", help_text="Sealed; with it the platform knows us.")
    stock_told_up_to = models.BigIntegerField(default=0, help_text="Last movement of stock that was looked at.")

    class Meta:
        ordering: ClassVar = ["channel_id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(country__regex=r"^([A-Z]{2})?$"), name="connection_country_form"),
        ]

    def __str__(self) -> str:
        return f"connection of channel {self.channel_id}"


class AliasKind(models.TextChoices):
    """What is named differently."""

    SKU = "sku", "A product's SKU"
    METHOD = "method", "A way of shipping"


class ChannelAlias(models.Model):
    """A name that a channel uses for something that the retailer calls differently."""

    id = models.BigAutoField(primary_key=True)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="aliases", db_index=False)
    kind = models.CharField(max_length=8, choices=AliasKind.choices, default=AliasKind.SKU)
    theirs = models.CharField(max_length=64, help_text="As the channel writes it.")
    ours = models.CharField(max_length=64, help_text="As the retailer writes it.")

    class Meta:
        verbose_name_plural = "channel aliases"
        ordering: ClassVar = ["channel_id", "kind", "theirs"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "kind", "theirs"], name="alias_once"),
            models.CheckConstraint(condition=~Q(theirs="") & ~Q(ours=""), name="alias_both_given"),
            models.CheckConstraint(condition=Q(kind__in=AliasKind.values), name="alias_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.theirs} → {self.ours}"


class MessageState(models.TextChoices):
    """What became of a message."""

    RECEIVED = "received", "Received: not worked through yet"
    TAKEN = "taken", "Taken: everything in it has been done"
    WAITING = "waiting", "Waiting: something must be mended, then it can be tried again"
    IGNORED = "ignored", "Ignored: nothing in it that orders need"


class ChannelMessage(models.Model):
    """What a channel sent, byte for byte. It is never changed nor deleted (a trigger); only its state moves on."""

    id = models.BigAutoField(primary_key=True)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="messages", db_index=False)
    key = models.CharField(max_length=200, help_text="The same key twice is the same delivery.")
    topic = models.CharField(max_length=80, blank=True, default="")
    content_type = models.CharField(max_length=120, blank=True, default="")
    headers = models.JSONField(default=dict, help_text="Without those that hold secrets.")
    body = models.BinaryField()
    received_at = models.DateTimeField(db_default=Now(), editable=False)
    state = models.CharField(max_length=8, choices=MessageState.choices, default=MessageState.RECEIVED)
    subject = models.CharField(max_length=64, blank=True, default="", help_text="The channel's number of its order.")
    reason = models.CharField(max_length=500, blank=True, default="", help_text="Why it waits or was ignored.")
    outcomes = models.JSONField(default=list, help_text="What became of each thing in it.")
    attempts = models.PositiveIntegerField(default=0)
    worked_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["state", "-id"], name="message_by_state"),
            models.Index(fields=["channel", "subject"], name="message_of_order", condition=~Q(subject="")),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "key"], name="message_stored_once"),
            models.CheckConstraint(condition=Q(state__in=MessageState.values), name="message_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["waiting", "ignored"]) | ~Q(reason=""), name="message_kept_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"message {self.id}"


class ChannelOrder(models.Model):
    """What a platform calls an order that was taken from it: needed when it is told of the order."""

    order = models.OneToOneField(Order, primary_key=True, on_delete=models.PROTECT, related_name="at_channel")
    label = models.CharField(max_length=64, blank=True, default="", help_text="The number that the customer knows.")
    method = models.CharField(max_length=64, blank=True, default="", help_text="The retailer's way of shipping.")
    references = models.JSONField(default=dict, help_text="The platform's own numbers of the order and its lines.")

    class Meta:
        ordering: ClassVar = ["-order_id"]
        indexes: ClassVar = [models.Index(fields=["label"], name="channel_order_label", condition=~Q(label=""))]

    def __str__(self) -> str:
        return self.label or f"order {self.order_id}"


class DeliveryState(models.TextChoices):
    """Where a delivery stands."""

    PENDING = "pending", "Pending: not delivered yet; it is tried again"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed: given up; it can be tried again by hand"
    REFUSED = "refused", "Refused: nothing leaves a staging clone"


class ChannelDelivery(models.Model):
    """Something that a channel is to be told, with its tries."""

    id = models.BigAutoField(primary_key=True)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    key = models.CharField(max_length=200, help_text="The same thing is told once.")
    kind = models.CharField(max_length=12, help_text="shipment, status, stock or answer.")
    subject = models.CharField(max_length=100, blank=True, default="", help_text="Number of the order, or SKU.")
    content = models.JSONField(help_text="What is to be told, before the platform's own words.")
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(db_default=Now())
    target = models.CharField(max_length=500, blank=True, default="", help_text="Method and address of the last try.")
    payload = models.TextField(blank=True, default="", help_text="What was sent last.")
    answer = models.CharField(max_length=500, blank=True, default="", help_text="What came back last.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "channel deliveries"
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["state", "-id"], name="delivery_by_state"),
            models.Index(fields=["next_try_at"], name="delivery_due", condition=Q(state="pending")),
            models.Index(fields=["subject"], name="delivery_of", condition=~Q(subject="")),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "key"], name="delivery_once"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_known"),
            models.CheckConstraint(
                condition=Q(state="pending", finished_at__isnull=True)
                | (~Q(state="pending") & Q(finished_at__isnull=False)),
                name="delivery_finished_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class ChannelStock(models.Model):
    """What a channel was told last that it may sell of a product."""

    id = models.BigAutoField(primary_key=True)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveBigIntegerField()
    told_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "channel stock"
        ordering: ClassVar = ["channel_id", "product_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "product"], name="channel_stock_once"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.product_id}"
