"""The profile: everything that a retailer made, and every state it has ever been in.

The database guards these tables (modules/guarded.sql): they belong to a role that nobody logs in as, history
and revisions are insert-only, and a transaction that leaves a row different from its newest history row, or
changed outside an open revision, cannot commit.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from simple_history.models import HistoricalRecords


class Origin(models.TextChoices):
    """How a revision came about."""

    INITIAL = "initial", "The profile began"
    EDIT = "edit", "Edited"
    IMPORT = "import", "Imported from files"
    PROMOTION = "promotion", "A release was promoted"
    ROLLBACK = "rollback", "Rolled back"
    RESTORE = "restore", "Restored"


class ProfileRevision(models.Model):
    """One change, and the snapshot that it leaves. Rows are never changed.

    The table has one more column, ``transaction``, which only the database writes: it tells the guard whether
    the revision was opened by the transaction that commits.
    """

    number = models.BigIntegerField(primary_key=True)
    parent = models.BigIntegerField(null=True)
    author = models.CharField(max_length=150)
    reason = models.CharField(max_length=500)
    origin = models.CharField(max_length=16, choices=Origin.choices)
    adopted = models.JSONField(help_text="Live release of each module after this change.")
    digest = models.BinaryField(max_length=32, help_text="SHA-256 of the whole content and the parent's digest.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(number=1, parent__isnull=True) | Q(number__gt=1, parent=models.F("number") - 1),
                name="profile_revision_follows_parent",
            ),
            models.CheckConstraint(condition=~Q(author="") & ~Q(reason=""), name="profile_revision_accounted_for"),
        ]

    def __str__(self) -> str:
        return f"revision {self.number}"


class _Revisioned(models.Model):
    """A row of the profile. It carries the revision that changed it last, and so does each history row."""

    id = models.BigAutoField(primary_key=True)
    revision = models.BigIntegerField(help_text="Revision that changed it last.")

    class Meta:
        abstract = True


def _history() -> HistoricalRecords:
    """History by django-simple-history. Who and why stand on the revision, once for all rows of it."""
    return HistoricalRecords(
        history_user_id_field=models.CharField(max_length=150, null=True),
        history_user_getter=lambda row: row.history_user_id,
        history_user_setter=lambda row, user: None,
        get_user=lambda **given: None,
    )


class ProfileDocument(_Revisioned):
    """One item of a retailer's configuration."""

    module = models.CharField(max_length=40)
    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    body = models.JSONField()
    schema_release = models.CharField(max_length=16, help_text="Release in whose schema the body is written.")
    complement = models.JSONField(default=dict, help_text="What the present schema cannot express.")
    digest = models.BinaryField(max_length=32, help_text="SHA-256 of the content.")
    history = _history()

    class Meta:
        ordering: ClassVar = ["module", "kind", "key"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["module", "kind", "key"], name="profile_document_once"),
            models.CheckConstraint(condition=~Q(key="") & ~Q(kind="") & ~Q(module=""), name="profile_document_named"),
        ]

    def __str__(self) -> str:
        return f"{self.module}/{self.kind}/{self.key}"


class ModuleAdoption(_Revisioned):
    """Which release of a module is live, and whether the module is held."""

    module = models.CharField(max_length=40, unique=True)
    release = models.CharField(max_length=16)
    held = models.BooleanField(default=False, help_text="Held: no notices, and no promotion until released.")
    history = _history()

    class Meta:
        ordering: ClassVar = ["module"]

    def __str__(self) -> str:
        return f"{self.module} {self.release}"


class ProfileSnapshot(models.Model):
    """A name for a revision: “before Black Friday”. Every revision is a snapshot; some have names."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=120, unique=True)
    revision = models.BigIntegerField()
    author = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.name
