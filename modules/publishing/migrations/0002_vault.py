"""The release catalogue goes to the vault: published once, never changed."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("publishing", "0001_initial")]

    operations = [migrations.RunSQL("SELECT oms_admin.vault_catalogue()", migrations.RunSQL.noop)]
