"""Published releases, in the ``public`` schema. Rows are inserted and never change (the database refuses)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class PublishedRelease(models.Model):
    """A release that retailers can adopt; its code must always match the digest that it was published with."""

    id = models.BigAutoField(primary_key=True)
    module = models.CharField(max_length=40)
    version = models.CharField(max_length=16)
    title = models.CharField(max_length=160)
    notes = models.TextField(help_text="What changes for the retailer and why (Markdown).")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the release's folder, in hexadecimal.")
    published_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["module", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["module", "version"], name="release_published_once"),
            models.CheckConstraint(condition=models.Q(digest__regex=r"^[0-9a-f]{64}$"), name="release_digest_form"),
        ]

    def __str__(self) -> str:
        return f"{self.module} {self.version}"
