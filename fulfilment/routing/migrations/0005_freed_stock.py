import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

# One statement that frees stock writes one row for each product, whatever wrote it: the ledger, a feed, a count.
# Rows are only added, so nobody ever waits here for somebody else.
_TRIGGERS = """
CREATE FUNCTION routing_note_freed_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO routing_freedstock (product_id, xid)
    SELECT DISTINCT n.product_id, pg_current_xact_id()::text::bigint
    FROM after n LEFT JOIN before o ON o.id = n.id
    WHERE n.on_hand - n.reserved - n.soft_reserved > coalesce(o.on_hand - o.reserved - o.soft_reserved, 0);
    RETURN NULL;
END $$;
CREATE FUNCTION routing_note_new_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO routing_freedstock (product_id, xid)
    SELECT DISTINCT product_id, pg_current_xact_id()::text::bigint FROM after
    WHERE on_hand > reserved + soft_reserved;
    RETURN NULL;
END $$;
CREATE FUNCTION routing_note_location() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO routing_freedstock (product_id, xid) VALUES (NULL, pg_current_xact_id()::text::bigint);
    RETURN NULL;
END $$;
CREATE TRIGGER routing_freed_stock AFTER UPDATE ON inventory_stocklevel
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION routing_note_freed_stock();
CREATE TRIGGER routing_new_stock AFTER INSERT ON inventory_stocklevel
    REFERENCING NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION routing_note_new_stock();
CREATE TRIGGER routing_location_back AFTER UPDATE ON locations_location
    FOR EACH ROW WHEN ((NOT old.ships OR old.paused) AND new.ships AND NOT new.paused)
    EXECUTE FUNCTION routing_note_location();
"""
_WITHOUT = """
DROP TRIGGER routing_freed_stock ON inventory_stocklevel;
DROP TRIGGER routing_new_stock ON inventory_stocklevel;
DROP TRIGGER routing_location_back ON locations_location;
DROP FUNCTION routing_note_freed_stock();
DROP FUNCTION routing_note_new_stock();
DROP FUNCTION routing_note_location();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0003_sold_from"),
        ("inventory", "0004_promises_and_supply"),
        ("locations", "0001_initial"),
        ("routing", "0004_queues_filled"),
    ]

    operations = [
        migrations.CreateModel(
            name="FreedStock",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("xid", models.BigIntegerField()),
                ("freed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalogue.product",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "indexes": [models.Index(fields=["product"], name="freed_product")],
            },
        ),
        migrations.RunSQL(_TRIGGERS, _WITHOUT),
    ]
