"""Keys with which partners call the API, and what partners have said over it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from fulfilment.locations.models import Location
from fulfilment.requests.models import FulfilmentRequest
from oms.web.rights import READING, Role, Scope, scopes_of
from orders.models import Channel

#: Calls a minute in the long run, and at once, of a key for which nobody has said otherwise.
USUAL_RATE = 12_000
USUAL_BURST = 1_000


class ApiKey(models.Model):
    """A partner's key. The secret is shown once; what is kept is its SHA-256."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=120, help_text="Who uses it.")
    prefix = models.CharField(max_length=12, unique=True, help_text="Shown, to tell keys apart.")
    secret_digest = models.BinaryField(max_length=32)
    previous_digest = models.BinaryField(max_length=32, null=True, help_text="Of the secret before the last rotation.")
    previous_until = models.DateTimeField(null=True, help_text="Until when that secret is taken too.")
    role = models.CharField(
        max_length=16, choices=[(role.value, role.sentence) for role in Role], default=Role.CHANNEL.value,
        db_default=Role.CHANNEL.value,
    )  # fmt: skip
    scopes = ArrayField(
        models.CharField(max_length=32), null=True, help_text="What it may do; empty: what is usual for the role."
    )
    may_write = models.BooleanField(default=True, help_text="Off: the key can only read.")
    channels = models.ManyToManyField(Channel, through="ApiKeyChannel", help_text="None: all channels.")
    locations = models.ManyToManyField(Location, through="ApiKeyLocation")
    networks = ArrayField(
        models.CharField(max_length=43), default=list, db_default=[],
        help_text="Networks that it may be used from, such as 203.0.113.0/24; none: from everywhere.",
    )  # fmt: skip
    rate_per_minute = models.PositiveIntegerField(
        default=USUAL_RATE, db_default=USUAL_RATE, help_text="Calls a minute in the long run."
    )
    burst = models.PositiveIntegerField(default=USUAL_BURST, db_default=USUAL_BURST, help_text="Calls at once.")
    last_used_at = models.DateTimeField(null=True, help_text="To the minute.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name = "API key"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(prefix__regex=r"^[a-z0-9]{12}$"), name="api_key_prefix_form"),
            models.CheckConstraint(condition=Q(role__in=[role.value for role in Role]), name="api_key_role_known"),
            models.CheckConstraint(
                condition=Q(scopes__isnull=True) | Q(scopes__contained_by=[scope.value for scope in Scope]),
                name="api_key_scopes_known",
            ),
            models.CheckConstraint(
                condition=~Q(role=Role.READ_ONLY.value)
                | Q(scopes__isnull=True)
                | Q(scopes__contained_by=sorted(scope.value for scope in READING)),
                name="api_key_read_only_reads",
            ),
            models.CheckConstraint(
                condition=Q(previous_digest__isnull=True, previous_until__isnull=True)
                | Q(previous_digest__isnull=False, previous_until__isnull=False),
                name="api_key_previous_secret_ends",
            ),
            models.CheckConstraint(condition=Q(rate_per_minute__gt=0, burst__gt=0), name="api_key_limits_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def rights(self) -> frozenset[Scope]:
        """What it may do."""
        return scopes_of(Role(self.role), self.scopes, may_write=self.may_write)


class ApiKeyChannel(models.Model):
    """A channel on which a key may place orders; a key that is bound to none may do so on all."""

    id = models.BigAutoField(primary_key=True)
    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "channel"], name="api_key_channel_once")]

    def __str__(self) -> str:
        return f"{self.key_id} on {self.channel_id}"


class ApiKeyLocation(models.Model):
    """A location whose requests a vendor's or warehouse's key sees; bound to none, it sees none."""

    id = models.BigAutoField(primary_key=True)
    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+", db_index=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "location"], name="api_key_location_once")]

    def __str__(self) -> str:
        return f"{self.key_id} at {self.location_id}"


class ApiKeyBucket(models.Model):
    """What is left of a key's rate: a token bucket. The table is not logged: after a crash all buckets are full."""

    key = models.OneToOneField(ApiKey, primary_key=True, on_delete=models.CASCADE, related_name="+")
    tokens = models.FloatField(help_text="Calls that are left now.")
    admitted = models.BooleanField(help_text="Whether the last call was.")
    refilled_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(tokens__gte=0), name="api_key_bucket_not_negative")]

    def __str__(self) -> str:
        return f"{self.tokens:.0f} of {self.key_id}"


class RequestAcknowledgement(models.Model):
    """A partner has seen a fulfilment request, and maybe has a number of its own for it."""

    request = models.OneToOneField(
        FulfilmentRequest, primary_key=True, on_delete=models.PROTECT, related_name="acknowledgement"
    )
    reference = models.CharField(max_length=64, blank=True, default="", help_text="The partner's own number.")
    actor = models.CharField(max_length=150)
    acknowledged_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"{self.request_id} seen by {self.actor}"


class BulkKind(models.TextChoices):
    """What the rows of a bulk job are."""

    ORDERS = "orders", "Orders"
    PRODUCTS = "products", "Products"
    STOCK = "stock", "Stock levels"


class BulkStatus(models.TextChoices):
    """How far a bulk job is."""

    WAITING = "waiting", "Waiting: a worker will begin with it"
    RUNNING = "running", "Running"
    DONE = "done", "Done: each row has a result"


class BulkJob(models.Model):
    """Many rows that a partner sent at once. Counters move in the transactions that work the rows."""

    id = models.BigAutoField(primary_key=True)
    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=16, choices=BulkKind.choices)
    status = models.CharField(max_length=16, choices=BulkStatus.choices, default=BulkStatus.WAITING)
    idempotency_key = models.CharField(max_length=255, null=True)  # noqa: DJ001 - null: none, and never a duplicate
    content_digest = models.BinaryField(max_length=32)
    total = models.PositiveIntegerField()
    succeeded = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "API bulk job"
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="bulk_job_unfinished", condition=~Q(status=BulkStatus.DONE.value)),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "idempotency_key"], name="bulk_job_once"),
            models.CheckConstraint(condition=Q(kind__in=BulkKind.values), name="bulk_job_kind_known"),
            models.CheckConstraint(condition=Q(status__in=BulkStatus.values), name="bulk_job_status_known"),
            models.CheckConstraint(
                condition=Q(total__gte=models.F("succeeded") + models.F("refused")), name="bulk_job_counts_its_rows"
            ),
            models.CheckConstraint(
                condition=~Q(status=BulkStatus.DONE.value)
                | Q(total=models.F("succeeded") + models.F("refused"), finished_at__isnull=False),
                name="bulk_job_done_is_done",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.total} {self.kind}"


class BulkRow(models.Model):
    """A row of a bulk job as it was sent, and what became of it."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(BulkJob, on_delete=models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField(help_text="From 1, in the order in which they were sent.")
    content = models.TextField(help_text="JSON.")
    status = models.CharField(max_length=8, default="waiting", help_text="waiting, done or refused.")
    result = models.JSONField(null=True)

    class Meta:
        ordering: ClassVar = ["job_id", "number"]
        indexes: ClassVar = [
            models.Index(fields=["job", "number"], name="bulk_row_waiting", condition=Q(status="waiting")),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "number"], name="bulk_row_once"),
            models.CheckConstraint(
                condition=Q(status="waiting", result__isnull=True)
                | Q(status__in=["done", "refused"], result__isnull=False),
                name="bulk_row_has_its_result",
            ),
        ]

    def __str__(self) -> str:
        return f"row {self.number} of {self.job_id}"
