"""What the boards note of a change is found by adding up, not by a join.

PostgreSQL keeps the plan of a trigger's statement for as long as the connection lives. A join that was planned for a
handful of rows was kept for a feed's twenty thousand, and took a quarter of a minute; a sum has no plan to be wrong.
"""

from django.db import migrations

_ADDED_UP = """
CREATE OR REPLACE FUNCTION inventory_note_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE me bigint := pg_current_xact_id()::text::bigint;
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM after LIMIT 1001) few) > 1000 THEN
        INSERT INTO inventory_levelnote (product_id, xid) SELECT DISTINCT product_id, me FROM after;
    ELSE
        INSERT INTO inventory_levelnote (product_id, location_id, xid)
        SELECT product_id, location_id, me FROM (
            SELECT product_id, location_id, on_hand - reserved AS free FROM after
            UNION ALL SELECT product_id, location_id, reserved - on_hand FROM before
        ) change GROUP BY product_id, location_id HAVING sum(free) <> 0;
    END IF;
    RETURN NULL;
END $$;
"""
_JOINED = """
CREATE OR REPLACE FUNCTION inventory_note_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE me bigint := pg_current_xact_id()::text::bigint;
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM after LIMIT 1001) few) > 1000 THEN
        INSERT INTO inventory_levelnote (product_id, xid) SELECT DISTINCT product_id, me FROM after;
    ELSE
        INSERT INTO inventory_levelnote (product_id, location_id, xid)
        SELECT n.product_id, n.location_id, me FROM after n JOIN before o ON o.id = n.id
        WHERE n.on_hand - n.reserved <> o.on_hand - o.reserved
            OR (n.product_id, n.location_id) <> (o.product_id, o.location_id)
        UNION SELECT o.product_id, o.location_id, me FROM after n JOIN before o ON o.id = n.id
        WHERE (n.product_id, n.location_id) <> (o.product_id, o.location_id);
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0009_boards")]

    operations = [migrations.RunSQL(_ADDED_UP, _JOINED)]
