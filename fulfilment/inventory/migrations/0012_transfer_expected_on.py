from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0011_keys_by_statement")]

    operations = [
        migrations.AddField(
            model_name="transfer",
            name="expected_on",
            field=models.DateField(help_text="Day on which it should arrive, if it is known.", null=True),
        ),
    ]
