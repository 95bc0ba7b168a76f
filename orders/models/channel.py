"""Where orders are placed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class ChannelKind(models.TextChoices):
    """What kind of place a channel is."""

    SHOP = "shop", "The retailer's own web shop or app"
    MARKETPLACE = "marketplace", "A marketplace"
    STORE = "store", "Tills and assisted selling in stores"
    FILE = "file", "Orders that arrive as files"


class Channel(models.Model):
    """A place where orders are placed. Its code begins the number of each of its orders."""

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=32, unique=True, help_text="Lower-case letters, digits, underscores.")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, choices=ChannelKind.choices, default=ChannelKind.SHOP)
    currency = models.CharField(max_length=3, help_text="ISO 4217; for orders that name none.")
    active = models.BooleanField(default=True, help_text="An inactive channel takes no new orders.")

    class Meta:
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            # No hyphen: the number of an order is <CODE>-<external number>, and stays unique so.
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z][a-z0-9_]*$"), name="channel_code_form"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="channel_currency_form"),
        ]

    def __str__(self) -> str:
        return self.name
