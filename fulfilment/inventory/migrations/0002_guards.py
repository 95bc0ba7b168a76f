from django.db import migrations

from oms.infra.database.operations import AppendOnly, LeaveRoomForUpdates


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [
        AppendOnly("inventory_stockmovement"),
        LeaveRoomForUpdates("inventory_stocklevel", 50),
    ]
