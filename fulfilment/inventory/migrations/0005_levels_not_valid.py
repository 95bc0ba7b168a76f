"""New rules for big tables: they hold for new rows from here on. 0006 proves them for the others, without a lock."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0004_promises_and_supply")]

    operations = [
        migrations.RemoveConstraint(
            model_name="stocklevel",
            name="stock_reserved_is_on_hand",
        ),
        migrations.RemoveConstraint(
            model_name="stockmovement",
            name="stock_movement_kind_known",
        ),
        AddConstraintNotValid(
            model_name="stocklevel",
            constraint=models.CheckConstraint(
                condition=models.Q(("reserved__lte", models.F("on_hand")), ("backorder", True), _connector="OR"),
                name="stock_reserved_is_there",
            ),
        ),
        AddConstraintNotValid(
            model_name="stocklevel",
            constraint=models.CheckConstraint(
                condition=models.Q(("soft_reserved__gte", 0)), name="stock_soft_reserved_not_negative"
            ),
        ),
        AddConstraintNotValid(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "opening",
                            "receipt",
                            "reserve",
                            "release",
                            "shipment",
                            "return",
                            "adjustment",
                            "transfer_out",
                            "transfer_in",
                            "count",
                            "damage",
                            "doubt",
                            "feed",
                        ],
                    )
                ),
                name="stock_movement_kind_known",
            ),
        ),
        # What a level repeats of its location: the pair of both is a foreign key, and follows a change of the location.
        migrations.RunSQL(
            sql=(
                'ALTER TABLE "inventory_stocklevel" ADD CONSTRAINT "stock_level_backorder_of_location"'
                ' FOREIGN KEY ("location_id", "backorder")'
                ' REFERENCES "locations_location" ("id", "allows_backorder") ON UPDATE CASCADE NOT VALID'
            ),
            reverse_sql='ALTER TABLE "inventory_stocklevel" DROP CONSTRAINT "stock_level_backorder_of_location"',
        ),
    ]
