"""Prove the rules of 0005 for the rows that were there before: reads and writes go on meanwhile."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inventory", "0005_levels_not_valid")]

    operations = [
        ValidateConstraint("stocklevel", "stock_reserved_is_there"),
        ValidateConstraint("stocklevel", "stock_soft_reserved_not_negative"),
        ValidateConstraint("stockmovement", "stock_movement_kind_known"),
        migrations.RunSQL(
            sql='ALTER TABLE "inventory_stocklevel" VALIDATE CONSTRAINT "stock_level_backorder_of_location"',
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
