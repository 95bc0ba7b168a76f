from django.db import migrations

from oms.infra.database.operations import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("infra", "0001_initial")]

    operations = [
        AppendOnly("infra_event"),
    ]
