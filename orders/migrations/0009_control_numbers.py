"""Numbers under which partners are sent things."""

from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from oms.infra.database.operations import Unchanging


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_channel_intake")]

    operations = [
        migrations.CreateModel(
            name="ControlNumber",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField(help_text="From 1, without end up to nine digits.")),
                (
                    "purpose",
                    models.CharField(
                        help_text="What it was given to; the same thing keeps its number.", max_length=240
                    ),
                ),
                (
                    "drawn_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.channel",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(fields=["channel", "number"], name="control_number_once"),
                    models.UniqueConstraint(fields=["channel", "purpose"], name="control_number_of_purpose"),
                    models.CheckConstraint(
                        condition=models.Q(("number__range", (1, 999_999_999))), name="control_number_nine_digits"
                    ),
                ],
            },
        ),
        Unchanging("orders_controlnumber", ["channel_id", "number", "purpose", "drawn_at"]),
    ]
