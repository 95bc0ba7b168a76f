from django.db import migrations, models

import fulfilment.routing.domain.queues

_PRODUCTS = """
UPDATE routing_backorder q SET product_id = l.product_id FROM orders_orderline l
WHERE l.id = q.line_id AND q.product_id IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("routing", "0003_queues")]

    operations = [
        migrations.RunSQL(_PRODUCTS, migrations.RunSQL.noop),
        migrations.AddIndex("QueueEntry", models.Index(fields=["queue", "since", "line"], name="queue_oldest")),
        migrations.AddIndex("QueueEntry", models.Index(fields=["product"], name="queue_of_product")),
        migrations.AddIndex(
            "QueueEntry",
            models.Index(condition=models.Q(("next_try__isnull", False)), fields=["next_try"], name="queue_next_try"),
        ),
        migrations.AddIndex(
            "QueueEntry",
            models.Index(
                condition=models.Q(("cancel_on__isnull", False)), fields=["cancel_on"], name="queue_cancel_on"
            ),
        ),
        migrations.AddConstraint(
            "QueueEntry",
            models.CheckConstraint(
                condition=models.Q(("queue__in", [queue.value for queue in fulfilment.routing.domain.queues.Queue])),
                name="queue_known",
            ),
        ),
    ]
