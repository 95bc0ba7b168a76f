"""Indexes of the ledger, built while it is written to."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("inventory", "0006_levels_valid")]

    operations = [
        AddIndexConcurrently(
            model_name="stockmovement",
            index=models.Index(
                condition=models.Q(("kind__in", ["transfer_out", "transfer_in", "count", "damage", "doubt", "feed"])),
                fields=["kind", "id"],
                name="stock_movement_newer_kind",
            ),
        ),
        AddIndexConcurrently(
            model_name="stockmovement",
            index=models.Index(
                condition=models.Q(("on_hand_change", 0), _negated=True),
                fields=["moved_at"],
                include=("level", "on_hand_change"),
                name="stock_movement_on_hand_at",
            ),
        ),
    ]
