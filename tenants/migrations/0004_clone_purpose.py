from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0003_staging_expiry")]

    operations = [
        migrations.AddField(
            model_name="retailer",
            name="purpose",
            field=models.CharField(
                blank=True,
                default="",
                help_text="What a staging clone is for, in words; its pages say so.",
                max_length=200,
            ),
        ),
        migrations.AddField(
            model_name="retailer",
            name="asked_from",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Path of the page of its source at which a staging clone was asked for.",
                max_length=200,
            ),
        ),
    ]
