from django.db import migrations

from oms.infra.database.operations import LeaveRoomForUpdates


class Migration(migrations.Migration):
    dependencies = [("requests", "0001_initial")]

    operations = [
        LeaveRoomForUpdates("requests_fulfilmentrequest", 60),
        LeaveRoomForUpdates("requests_fulfilmentrequestline", 70),
    ]
