from django.db import migrations, models

_STRINGS = """
ALTER TABLE orders_order ADD CONSTRAINT order_attributes_are_texts CHECK (
    jsonb_typeof(attributes) = 'object' AND NOT jsonb_path_exists(attributes, '$.* ? (@.type() != "string")')
) NOT VALID
"""


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0004_holds_and_releases"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="method",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="Code of the shipping method.", max_length=40
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="priority",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, help_text="0 or more; higher is more urgent."
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="promise_by",
            field=models.DateField(blank=True, help_text="Last day on which the customer expects it.", null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="attributes",
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text="The retailer's own fields."),
        ),
        # Every row has the default, which is an object: nothing has to be read to know it. Later rows are checked.
        migrations.RunSQL(_STRINGS, "ALTER TABLE orders_order DROP CONSTRAINT order_attributes_are_texts"),
    ]
