from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0002_list_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="product",
            name="sold_from",
            field=models.DateField(
                blank=True,
                help_text="First day on which it may leave, where it is sold before that (pre-order).",
                null=True,
            ),
        ),
    ]
