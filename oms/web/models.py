"""Keys with which partners call the API."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class ApiKey(models.Model):
    """A partner's key. The secret is shown once; what is kept is its SHA-256."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=120, help_text="Who uses it.")
    prefix = models.CharField(max_length=12, unique=True, help_text="Shown, to tell keys apart.")
    secret_digest = models.BinaryField(max_length=32)
    may_write = models.BooleanField(default=True, help_text="Off: the key can only read.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name = "API key"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(prefix__regex=r"^[a-z0-9]{12}$"), name="api_key_prefix_form"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
