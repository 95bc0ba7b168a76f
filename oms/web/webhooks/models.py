"""Who is told what, what was told, and what became of each call."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from oms.infra.models import Event


class EndpointState(models.TextChoices):
    """Whether an endpoint is called."""

    ACTIVE = "active", "Active: it is called"
    PAUSED = "paused", "Paused by hand: what happens waits until it is active again"
    DISABLED = "disabled", "Disabled: it failed for too long; what happens waits until it is active again"
    REMOVED = "removed", "Removed: nothing more is told to it"


class Endpoint(models.Model):
    """An address of a partner, what it wants to be told, and how fast."""

    id = models.BigAutoField(primary_key=True)
    reference = models.CharField(max_length=32, unique=True, help_text="Its name in the API.")
    name = models.CharField(max_length=120, help_text="Who listens.")
    url = models.CharField(max_length=500, help_text="https:// and a public host.")
    state = models.CharField(max_length=12, choices=EndpointState.choices, default=EndpointState.ACTIVE)
    state_reason = models.CharField(max_length=255, blank=True, default="")
    channels = ArrayField(models.CharField(max_length=32), default=list, help_text="Codes; none: all channels.")
    locations = ArrayField(models.CharField(max_length=32), default=list, help_text="Codes; none: all locations.")
    filters_since = models.BigIntegerField(default=0, editable=False, help_text="Newest fact when filters changed.")
    rate = models.PositiveSmallIntegerField(default=50, help_text="Calls a second, at most.")
    concurrency = models.PositiveSmallIntegerField(default=4, help_text="Calls at once, at most.")
    #: The next call at this rate would be made then; what lies before now is room to call.
    paced_until = models.DateTimeField(db_default=Now(), editable=False)
    not_before = models.DateTimeField(null=True, editable=False, help_text="It asked to be left alone until then.")
    slow = models.BooleanField(default=False, editable=False, help_text="Its last answer took long: one call at once.")
    failures = models.PositiveIntegerField(default=0, editable=False, help_text="Calls that failed, in a row.")
    failing_since = models.DateTimeField(null=True, editable=False)
    warned_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.CharField(max_length=150, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False, help_text="Counts changes made by people.")

    class Meta:
        ordering: ClassVar = ["id"]
        verbose_name = "webhook endpoint"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=EndpointState.values), name="webhook_endpoint_state_known"),
            models.CheckConstraint(condition=Q(url__regex=r"^https?://[^\s]+$"), name="webhook_endpoint_url_form"),
            models.CheckConstraint(condition=Q(rate__range=(1, 1000)), name="webhook_endpoint_rate_in_range"),
            models.CheckConstraint(condition=Q(concurrency__range=(1, 16)), name="webhook_endpoint_calls_in_range"),
        ]

    def __str__(self) -> str:
        return self.name


class EndpointSecret(models.Model):
    """A secret with which calls are signed. While one is being replaced there are two, and both sign."""

    id = models.BigAutoField(primary_key=True)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="secrets")
    sealed = models.TextField(help_text="Opened by oms.infra.secrets alone.")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, help_text="It signs until then; empty for the current one.")

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["endpoint"], condition=Q(expires_at__isnull=True), name="webhook_secret_current_once"
            ),
        ]

    def __str__(self) -> str:
        return f"secret of endpoint {self.endpoint_id}"


class Subscription(models.Model):
    """A type of event that an endpoint is told, from a point in the retailer's history on."""

    id = models.BigAutoField(primary_key=True)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="subscriptions", db_index=False)
    event = models.CharField(max_length=60)
    after_event = models.BigIntegerField(help_text="Facts recorded after this one are told.")
    after_movement = models.BigIntegerField(help_text="Movements of stock after this one are told.")

    class Meta:
        ordering: ClassVar = ["event"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="webhook_subscription_once"),
        ]

    def __str__(self) -> str:
        return self.event


class Position(models.Model):
    """How far the retailer's history has been looked through; one row. See ``services/fan_out.py``."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    event_began = models.BigIntegerField(help_text="Facts up to here were never looked at.")
    event_floor = models.BigIntegerField(help_text="Every fact up to here has been looked at; none can come late.")
    movement_floor = models.BigIntegerField()
    event_mark = models.BigIntegerField(help_text="The next floor, once everything begun before it has ended.")
    movement_mark = models.BigIntegerField()
    mark_transaction = models.BigIntegerField(help_text="Transaction identifier when the marks were set.")
    marked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="webhook_position_once")]

    def __str__(self) -> str:
        return f"looked through up to event {self.event_floor}"


class Message(models.Model):
    """What is told: one for each type that tells of a fact, the same for every endpoint. Never changed."""

    id = models.BigAutoField(primary_key=True)
    reference = models.CharField(max_length=40, unique=True, help_text="webhook-id: the same in every call.")
    event = models.CharField(max_length=60, help_text="Type: order.captured.")
    fact = models.ForeignKey(Event, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    subject = models.CharField(max_length=120, blank=True, default="", help_text="Order or location it is about.")
    body = models.TextField(help_text="JSON, exactly as it is signed.")
    occurred_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["subject"], name="webhook_message_subject")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["fact", "event"], name="webhook_message_once"),
        ]

    def __str__(self) -> str:
        return self.reference


class DeliveryStatus(models.TextChoices):
    """What became of telling an endpoint."""

    WAITING = "waiting", "Waiting: it has not been taken yet, and is tried again"
    DELIVERED = "delivered", "Delivered: the endpoint answered that it has it"
    PARKED = "parked", "Parked: every attempt failed; it can be replayed"
    REFUSED = "refused", "Not sent: nothing leaves a staging clone"


class Delivery(models.Model):
    """One message for one endpoint, until it has arrived."""

    id = models.BigAutoField(primary_key=True)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="deliveries")
    status = models.CharField(max_length=12, choices=DeliveryStatus.choices, default=DeliveryStatus.WAITING)
    attempts = models.PositiveIntegerField(default=0, help_text="Calls begun, in all.")
    tries = models.PositiveIntegerField(default=0, help_text="Calls begun since it was written or last replayed.")
    next_try_at = models.DateTimeField(db_default=Now())
    leased_until = models.DateTimeField(null=True, help_text="A worker is calling; nobody else does until then.")
    delivered_at = models.DateTimeField(null=True)
    last_answer = models.CharField(max_length=255, blank=True, default="", help_text="Of the last call, in words.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name_plural = "webhook deliveries"
        indexes: ClassVar = [
            models.Index(
                fields=["endpoint", "next_try_at", "id"], name="webhook_delivery_due", condition=Q(status="waiting")
            ),
            models.Index(
                fields=["endpoint", "leased_until"], name="webhook_delivery_called",
                condition=Q(leased_until__isnull=False),
            ),
            models.Index(fields=["endpoint", "-id"], name="webhook_delivery_newest"),
            models.Index(fields=["endpoint", "-id"], name="webhook_delivery_parked", condition=Q(status="parked")),
            models.Index(fields=["status", "-id"], name="webhook_delivery_status"),
            models.Index(fields=["created_at"], name="webhook_delivery_age"),
        ]  # fmt: skip
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["endpoint", "message"], name="webhook_delivery_once"),
            models.CheckConstraint(condition=Q(status__in=DeliveryStatus.values), name="webhook_delivery_status_known"),
            models.CheckConstraint(
                condition=Q(status="delivered", delivered_at__isnull=False)
                | (~Q(status="delivered") & Q(delivered_at__isnull=True)),
                name="webhook_delivery_delivered_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message} to {self.endpoint}"


class Attempt(models.Model):
    """One call: what was sent, without the signature, and what came back, cut short. Never changed."""

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="calls")
    number = models.PositiveIntegerField()
    url = models.CharField(max_length=500)
    request_headers = models.JSONField()
    status = models.PositiveSmallIntegerField(null=True, help_text="Of HTTP; empty where there was no answer.")
    response_headers = models.JSONField(default=dict)
    response_body = models.TextField(blank=True, default="")
    error = models.CharField(max_length=255, blank=True, default="", help_text="Why there was no answer, in words.")
    milliseconds = models.PositiveIntegerField()
    started_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"call {self.number} of delivery {self.delivery_id}"


class Replay(models.Model):
    """A wish to tell an endpoint again what happened in a range of time."""

    id = models.BigAutoField(primary_key=True)
    reference = models.CharField(max_length=32, unique=True)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="replays")
    begins = models.DateTimeField(help_text="Messages written from then on …")
    ends = models.DateTimeField(help_text="… and before then.")
    only_failed = models.BooleanField(default=True, help_text="Only what is parked, not what has arrived.")
    total = models.PositiveIntegerField(help_text="Deliveries in the range when it was asked for.")
    done = models.PositiveIntegerField(default=0)
    position = models.BigIntegerField(default=0, help_text="Deliveries up to here have been looked at.")
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends__gt=models.F("begins")), name="webhook_replay_range"),
        ]

    def __str__(self) -> str:
        return self.reference
