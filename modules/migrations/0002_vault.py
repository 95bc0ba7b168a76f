"""The profile's tables go to the vault, which sets their guards (modules/guarded.sql)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("modules", "0001_initial")]

    operations = [
        migrations.RunSQL("SELECT oms_admin.vault_profile(current_schema()::text)", migrations.RunSQL.noop),
    ]
