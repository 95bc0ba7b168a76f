from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("requests", "0006_arrivals_and_deliveries")]

    operations = [
        AddIndexConcurrently(
            model_name="shipment",
            index=models.Index(
                condition=models.Q(("delivered_at__isnull", True)), fields=["shipped_at"], name="shipment_on_its_way"
            ),
        ),
    ]
