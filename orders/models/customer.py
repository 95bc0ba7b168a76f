"""Who buys."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower, Now


class Customer(models.Model):
    """A customer, known by the reference that the retailer's channels use."""

    id = models.BigAutoField(primary_key=True)
    reference = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=160, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=32, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering: ClassVar = ["reference"]
        indexes: ClassVar = [models.Index(Lower("email"), name="customer_email")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(reference=""), name="customer_reference_given"),
        ]

    def __str__(self) -> str:
        return self.name or self.reference
