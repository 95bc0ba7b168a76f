"""Saved views of lists, and work on many rows."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from simple_history.models import HistoricalRecords

from oms.infra.accounts.models import User


class SavedView(models.Model):
    """A list as somebody wants it: filters, search, sorting and columns, all of them an address."""

    id = models.BigAutoField(primary_key=True)
    list = models.CharField(max_length=80, help_text="Which list: orders.order.")
    name = models.CharField(max_length=60)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    shared = models.BooleanField(default=False, help_text="Everybody who sees the list has it.")
    query = models.CharField(max_length=2000, blank=True, default="", help_text="The end of the list's address.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["-shared", "name"]
        permissions: ClassVar = [("share_savedview", "Can share saved views with everybody")]
        constraints: ClassVar = [
            models.UniqueConstraint("list", "owner", Lower("name"), name="saved_view_once"),
            models.UniqueConstraint("list", Lower("name"), condition=Q(shared=True), name="saved_view_shared_once"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_named"),
            models.CheckConstraint(condition=Q(list__regex=r"^[a-z_]+\.[a-z_]+$"), name="saved_view_list_form"),
        ]

    def __str__(self) -> str:
        return self.name


class DefaultView(models.Model):
    """The view with which a list opens for somebody."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    list = models.CharField(max_length=80)
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "list"], name="default_view_once"),
        ]

    def __str__(self) -> str:
        return f"{self.list} of {self.user_id}"


class BulkStatus(models.TextChoices):
    """Where work on many rows stands."""

    DRAFT = "draft", "Not confirmed: nothing happens until somebody does"
    WAITING = "waiting", "Waiting: a worker will take it up"
    RUNNING = "running", "Running: rows are being worked on"
    DONE = "done", "Done: every row has been seen to"
    STOPPED = "stopped", "Stopped: the rows that were left are as they were"


class BulkJob(models.Model):
    """An action on rows of a list, chosen by somebody. Which rows is settled when it is drafted, and stays."""

    id = models.BigAutoField(primary_key=True)
    list = models.CharField(max_length=80, help_text="Which list: orders.order.")
    action = models.CharField(max_length=60)
    given = models.JSONField(default=dict, help_text="What the action was told: texts by name.")
    chosen = models.CharField(max_length=2000, blank=True, default="", help_text="The end of the list's address.")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    actor = models.CharField(max_length=150, help_text="As events name who did it.")
    status = models.CharField(max_length=16, choices=BulkStatus.choices, default=BulkStatus.DRAFT)
    total = models.PositiveIntegerField(default=0)
    cursor = models.PositiveIntegerField(default=0, help_text="Number of the last row that has been seen to.")
    done = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0, help_text="Rows with nothing to do.")
    refused = models.PositiveIntegerField(default=0)
    undoes = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    confirmed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name = "bulk job"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(status__in=BulkStatus.values), name="bulk_change_status_known"),
            models.CheckConstraint(
                condition=Q(cursor=F("done") + F("left") + F("refused")), name="bulk_job_counts_every_row"
            ),
            models.CheckConstraint(condition=Q(cursor__lte=F("total")), name="bulk_job_within_its_rows"),
            models.CheckConstraint(
                condition=~Q(status="done") | Q(cursor=F("total")), name="bulk_job_done_when_all_are"
            ),
            models.CheckConstraint(
                condition=Q(status="draft", confirmed_at__isnull=True, cursor=0)
                | ~Q(status="draft") & Q(confirmed_at__isnull=False),
                name="bulk_job_works_when_confirmed",
            ),
            # What was undone once is not undone again; a draft that nobody confirmed bars nothing.
            models.UniqueConstraint(fields=["undoes"], condition=~Q(status="draft"), name="bulk_job_undone_once"),
        ]

    def __str__(self) -> str:
        return f"Bulk job {self.pk}"


class RowOutcome(models.TextChoices):
    """What became of a row."""

    WAITING = "waiting", "Waiting"
    DONE = "done", "Done"
    LEFT = "left", "Left as it was"
    REFUSED = "refused", "Refused"


class BulkRow(models.Model):
    """A row to work on. The primary key of what it is about is that of a row of the job's list."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(BulkJob, on_delete=models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField(help_text="From 1, in the order of primary keys: the order of locks.")
    target = models.BigIntegerField()
    outcome = models.CharField(max_length=16, choices=RowOutcome.choices, default=RowOutcome.WAITING)
    label = models.CharField(max_length=160, blank=True, default="", help_text="What people call it.")
    said = models.TextField(blank=True, default="", help_text="Why it was refused or left; of an export its line.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "number"], name="bulk_row_numbered"),
            models.UniqueConstraint(fields=["job", "target"], name="bulk_change_row_once"),
            models.CheckConstraint(condition=Q(outcome__in=RowOutcome.values), name="bulk_row_outcome_known"),
            models.CheckConstraint(
                condition=~Q(outcome__in=["left", "refused"]) | ~Q(said=""), name="bulk_row_says_why"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["job", "number"], name="bulk_row_not_done", condition=Q(outcome__in=["left", "refused"])
            ),
        ]

    def __str__(self) -> str:
        return f"row {self.number} of bulk job {self.job_id}"
