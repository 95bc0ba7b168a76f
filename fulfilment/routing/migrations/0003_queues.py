import django.db.models.deletion
from django.db import migrations, models

import fulfilment.routing.domain.queues

# Whoever could see the list of backorders sees that of all queues.
_RIGHTS = """
UPDATE django_content_type SET model = 'queueentry' WHERE app_label = 'routing' AND model = 'backorder';
UPDATE auth_permission p SET codename = replace(p.codename, '_backorder', '_queueentry'),
    name = replace(p.name, 'backorder', 'line that waits')
FROM django_content_type c WHERE c.id = p.content_type_id AND c.app_label = 'routing' AND c.model = 'queueentry';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0003_sold_from"),
        ("orders", "0005_routing_facts"),
        ("routing", "0002_list_indexes"),
    ]

    operations = [
        # The table keeps its name: what is running while this is migrated goes on writing backorders to it.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel("Backorder", "QueueEntry"),
                migrations.AlterModelTable("QueueEntry", "routing_backorder"),
                migrations.AlterModelOptions(
                    "QueueEntry",
                    {
                        "ordering": ["since", "line_id"],
                        "verbose_name": "line that waits",
                        "verbose_name_plural": "lines that wait",
                    },
                ),
                migrations.AlterField(
                    "QueueEntry",
                    "line",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="waiting",
                        serialize=False,
                        to="orders.orderline",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(_RIGHTS, migrations.RunSQL.noop),
        migrations.AddField(
            "QueueEntry",
            "product",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="catalogue.product",
            ),
        ),
        migrations.AddField(
            "QueueEntry",
            "queue",
            models.CharField(
                choices=[(queue.value, queue.sentence) for queue in fulfilment.routing.domain.queues.Queue],
                db_default="backorder",
                default="backorder",
                max_length=16,
            ),
        ),
        migrations.AddField(
            "QueueEntry",
            "retries",
            models.PositiveIntegerField(db_default=0, default=0, help_text="How often it was tried again."),
        ),
        migrations.AddField(
            "QueueEntry",
            "next_try",
            models.DateTimeField(help_text="When it is tried again though nothing has changed.", null=True),
        ),
        migrations.AddField(
            "QueueEntry",
            "cancel_on",
            models.DateField(help_text="The day on which what still waits is cancelled with notice.", null=True),
        ),
        migrations.AddField(
            "QueueEntry",
            "expected_on",
            models.DateField(help_text="The day on which stock for it is expected.", null=True),
        ),
        migrations.AddField(
            "QueueEntry",
            "revision",
            models.BigIntegerField(db_default=0, default=0, help_text="Profile revision that decided."),
        ),
        migrations.AddField(
            "QueueEntry",
            "seen",
            models.TextField(db_default="", default="", help_text="Snapshot in which its stock was read."),
        ),
    ]
