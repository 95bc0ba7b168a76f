"""What the ledger knows of the last 28 days' sales; from here on it is kept as the ledger is written."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inventory", "0007_ledger_indexes")]

    operations = [
        migrations.RunSQL(
            sql="""
            INSERT INTO inventory_dailysales (product_id, location_id, day, units)
            SELECT l.product_id, l.location_id, (m.moved_at AT TIME ZONE 'UTC')::date, -sum(m.on_hand_change)
            FROM inventory_stockmovement m JOIN inventory_stocklevel l ON l.id = m.level_id
            WHERE m.on_hand_change <> 0 AND m.moved_at >= now() - interval '29 days' AND m.kind = 'shipment'
            GROUP BY 1, 2, 3 HAVING sum(m.on_hand_change) < 0
            ON CONFLICT (product_id, day, location_id) DO NOTHING
            """,
            reverse_sql=migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            sql="ALTER TABLE inventory_dailysales SET (fillfactor = 70)",
            reverse_sql="ALTER TABLE inventory_dailysales RESET (fillfactor)",
        ),
    ]
