from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("carriers", "0003_tracking")]

    operations = [
        AddIndexConcurrently(
            model_name="parcel",
            index=models.Index(
                condition=models.Q(("delivered_at__isnull", True), ("status", "shipped")),
                fields=["track_at", "id"],
                name="parcel_on_its_way",
            ),
        ),
    ]
