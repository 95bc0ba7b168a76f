from django.db import migrations

from oms.infra.database.operations import LeaveRoomForUpdates


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [
        LeaveRoomForUpdates("orders_order", 70),
        LeaveRoomForUpdates("orders_orderline", 60),
    ]
