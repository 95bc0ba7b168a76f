"""The board: free units of a product by location, packed, so that a chain of thousands of stores is read at once.

A board never answers alone. It says in which snapshot of the database it was written; every change of a level since
then has left a note, and a reader takes the level itself wherever there is a note that the board has not seen.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from orders.catalogue.models import Product


class StockBoard(models.Model):
    """What is on hand and not reserved of a product, by location, as of ``snapshot``."""

    product = models.OneToOneField(Product, primary_key=True, on_delete=models.CASCADE, related_name="+")
    places = models.BinaryField(help_text="Locations in rising order, 32-bit integers, least byte first.")
    free = models.BinaryField(help_text="Units at each, in the same order and form.")
    snapshot = models.TextField(help_text="What the board has seen, as pg_current_snapshot() says it.")

    class Meta:
        ordering: ClassVar = ["product_id"]

    def __str__(self) -> str:
        return f"board of {self.product_id}"


class LevelNote(models.Model):
    """A transaction changed what is free at a level; without a location: at many levels of the product.

    Written by triggers, only ever added, so that nobody waits here for somebody else. Boards that have been written
    anew take their notes away.
    """

    id = models.BigAutoField(primary_key=True)
    product = models.ForeignKey(
        Product, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    location_id = models.BigIntegerField(null=True)
    xid = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["product"], name="level_note_product")]

    def __str__(self) -> str:
        return f"{self.product_id} at {self.location_id or 'many'}"
