import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0003_sold_from"),
        ("locations", "0001_initial"),
        ("routing", "0005_freed_stock"),
    ]

    operations = [
        migrations.CreateModel(
            name="RoutingRun",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField(unique=True)),
                ("started_at", models.DateTimeField()),
                ("seconds", models.FloatField(help_text="From reading the facts to the last reservation.")),
                ("orders", models.PositiveIntegerField(help_text="Orders that were decided.")),
                (
                    "placed_orders",
                    models.PositiveIntegerField(help_text="Of them, those whose stock could be reserved as decided."),
                ),
                (
                    "decided_again",
                    models.PositiveIntegerField(help_text="Of them, those whose stock others took meanwhile."),
                ),
                (
                    "left_out",
                    models.PositiveIntegerField(help_text="Of them, those that changed while the run was deciding."),
                ),
                ("units", models.PositiveBigIntegerField(help_text="Units that were given to locations as decided.")),
                ("currency", models.CharField(max_length=3)),
                ("cost", models.DecimalField(decimal_places=7, max_digits=28, null=True)),
                (
                    "bound",
                    models.DecimalField(decimal_places=7, help_text="No way can cost less.", max_digits=28, null=True),
                ),
                ("exact", models.BooleanField()),
                ("notes", models.JSONField(default=list, help_text="What the release says of the run, in words.")),
                ("release", models.CharField(max_length=16)),
                ("revision", models.BigIntegerField(help_text="Profile revision whose documents decided.")),
                ("actor", models.CharField(max_length=150)),
            ],
            options={
                "verbose_name": "brokering run",
                "ordering": ["-number"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("cost__isnull", True),
                            ("bound__isnull", True),
                            ("bound__lte", models.F("cost")),
                            _connector="OR",
                        ),
                        name="run_bound_is_below_cost",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "orders",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("placed_orders"), "+", models.F("decided_again")
                                    ),
                                    "+",
                                    models.F("left_out"),
                                ),
                            )
                        ),
                        name="run_orders_add_up",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BidPrice",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "price",
                    models.DecimalField(decimal_places=7, help_text="In the currency of the run.", max_digits=20),
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
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalogue.product",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="bid_prices", to="routing.routingrun"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("product", "location", "run"), name="bid_price_once"),
                    models.CheckConstraint(condition=models.Q(("price__gte", 0)), name="bid_price_not_negative"),
                ],
            },
        ),
    ]
