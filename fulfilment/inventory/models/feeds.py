"""Stock feeds: what another system says about stock, row by row."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from fulfilment.locations.models import Location


class FeedKind(models.TextChoices):
    """What a quantity in a feed means."""

    SNAPSHOT = "snapshot", "Snapshot: what is on hand"
    DELTA = "delta", "Delta: by how much it has changed"


class FeedStatus(models.TextChoices):
    """Where a feed stands."""

    WAITING = "waiting", "Waiting: its rows are here, none is merged yet"
    MERGING = "merging", "Merging: part of its rows are in the ledger"
    DONE = "done", "Done: every row has its result"


class RowOutcome(models.TextChoices):
    """What became of a row. A row whose turn has not come waits, whatever it says."""

    ACCEPTED = "accepted", "Accepted"
    SHORT = "short", "Accepted as far as stock is not reserved"
    REFUSED = "refused", "Refused"


class StockFeed(models.Model):
    """One feed. ``merged`` rows, in the order of their numbers, have their result."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=16, choices=FeedKind.choices)
    status = models.CharField(max_length=16, choices=FeedStatus.choices, default=FeedStatus.WAITING)
    source = models.CharField(max_length=255, help_text="Name of the file, or whose key sent it.")
    actor = models.CharField(max_length=150)
    rows = models.PositiveIntegerField(default=0)
    merged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    short = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0, help_text="Accepted rows that moved stock.")
    received_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=FeedKind.values), name="stock_feed_kind_known"),
            models.CheckConstraint(condition=Q(status__in=FeedStatus.values), name="stock_feed_status_known"),
        ]

    def __str__(self) -> str:
        return f"FEED-{self.pk}"

    @property
    def accepted(self) -> int:
        """Merged rows that were not refused."""
        return self.merged - self.refused


class StockFeedRow(models.Model):
    """A row of a feed. The merge writes only to rows that are refused or short: the others are what they began as."""

    pk = models.CompositePrimaryKey("feed_id", "number")
    # Its key is kept by triggers, once for a statement.
    feed = models.ForeignKey(
        StockFeed, on_delete=models.CASCADE, related_name="feed_rows", db_index=False, db_constraint=False
    )
    number = models.PositiveIntegerField(help_text="Counted from 1.")
    location = models.CharField(max_length=64, blank=True, default="", db_default="")
    sku = models.CharField(max_length=64, blank=True, default="", db_default="")
    quantity = models.BigIntegerField(null=True)
    as_of = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=16, choices=RowOutcome.choices, default="accepted", db_default="accepted")
    reason = models.CharField(max_length=160, blank=True, default="", db_default="")

    class Meta:
        ordering: ClassVar = ["feed_id", "number"]
        indexes: ClassVar = [
            models.Index(
                fields=["feed", "outcome", "number"], name="stock_feed_row_told", condition=~Q(outcome="accepted")
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(outcome__in=RowOutcome.values), name="stock_feed_row_outcome_known"),
        ]

    def __str__(self) -> str:
        return f"row {self.number} of feed {self.feed_id}"


class FeedMark(models.Model):
    """The newest moment of which an accepted row has told about a location: older rows are refused.

    Rows of the feed that set it are held against ``before``, what stood here until then: a feed is not refused
    because of itself.
    """

    location = models.OneToOneField(Location, primary_key=True, on_delete=models.CASCADE, related_name="+")
    as_of = models.DateTimeField()
    before = models.DateTimeField(null=True)
    feed_number = models.BigIntegerField(help_text="The feed that set it; it may have been forgotten since.")

    class Meta:
        ordering: ClassVar = ["location_id"]

    def __str__(self) -> str:
        return f"{self.location_id} as of {self.as_of}"
