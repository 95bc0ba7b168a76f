"""Files that people put on orders."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Now

from orders.domain.attachments import MOST_BYTES, TYPES
from orders.models.order import Order

models.BinaryField.register_lookup(Length)


class OrderAttachment(models.Model):
    """A file on an order, kept in the database with the order. Never changed (a trigger).

    One that partners see can be taken away again; the retailer's own stay (another trigger). The same content may be
    there once as the retailer's own and once for partners, so that neither learns of the other.
    """

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="attachments", db_index=False)
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64, help_text="Of the content, in hexadecimal.")
    content = models.BinaryField()
    for_partners = models.BooleanField(
        default=False, db_default=False, help_text="Whether partners see it through the API."
    )
    author = models.CharField(max_length=150)
    added_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "sha256", "for_partners"], name="order_attachment_once"),
            models.CheckConstraint(condition=Q(content_type__in=sorted(TYPES)), name="order_attachment_type_known"),
            models.CheckConstraint(condition=Q(size__gt=0, size__lte=MOST_BYTES), name="order_attachment_size"),
            models.CheckConstraint(condition=Q(content__length=models.F("size")), name="order_attachment_is_whole"),
        ]

    def __str__(self) -> str:
        return self.name
