import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("locations", "0001_initial"),
        ("orders", "0005_routing_facts"),
        ("requests", "0004_units_of_work"),
    ]

    operations = [
        migrations.CreateModel(
            name="Exclusion",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("not_found", "Not found: its stock of the product is set to none"),
                            ("mismatch", "Fewer than the count says: its stock is set to what was counted"),
                            ("damaged", "Damaged: the units are taken out of its stock"),
                            ("cannot_send", "Cannot send it: the stock stays as it is"),
                        ],
                        max_length=16,
                    ),
                ),
                ("units", models.PositiveIntegerField(help_text="Units that it could not send.")),
                (
                    "counted",
                    models.PositiveIntegerField(help_text="Units that it found there, where it counted.", null=True),
                ),
                ("actor", models.CharField(max_length=150)),
                ("excluded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("lifted_by", models.CharField(blank=True, default="", max_length=150)),
                ("lifted_at", models.DateTimeField(null=True)),
                (
                    "line",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exclusions",
                        to="orders.orderline",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="locations.location",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exclusions",
                        to="requests.fulfilmentrequest",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="ParcelGroup",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.customer",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="locations.location",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="fulfilmentrequest",
            name="parcel",
            field=models.ForeignKey(
                db_index=False,
                help_text="The parcel that it shares with other requests, if any.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="requests",
                to="requests.parcelgroup",
            ),
        ),
        migrations.AddIndex(
            model_name="fulfilmentrequest",
            index=models.Index(
                condition=models.Q(("parcel__isnull", False)), fields=["parcel"], name="request_of_parcel"
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at__isnull", True)), fields=("line", "location"), name="exclusion_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(condition=models.Q(("units__gt", 0)), name="exclusion_units_positive"),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason__in", ["not_found", "mismatch", "damaged", "cannot_send"])),
                name="exclusion_reason_known",
            ),
        ),
    ]
