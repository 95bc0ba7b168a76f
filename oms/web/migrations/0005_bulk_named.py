from django.db import migrations


class Migration(migrations.Migration):
    """What people call it; nothing changes in the database."""

    dependencies = [
        ("web", "0004_bulk"),
    ]

    operations = [
        migrations.AlterModelOptions(name="bulkjob", options={"ordering": ["-id"], "verbose_name": "API bulk job"}),
    ]
