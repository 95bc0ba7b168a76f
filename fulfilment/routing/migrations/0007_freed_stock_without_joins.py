"""Freed stock is found by adding up, not by a join whose plan, once made for few rows, is kept for many."""

from django.db import migrations

_ADDED_UP = """
CREATE OR REPLACE FUNCTION routing_note_freed_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO routing_freedstock (product_id, xid)
    SELECT DISTINCT product_id, pg_current_xact_id()::text::bigint FROM (
        SELECT id, product_id, on_hand - reserved - soft_reserved AS free FROM after
        UNION ALL SELECT id, product_id, reserved + soft_reserved - on_hand FROM before
    ) change GROUP BY id, product_id HAVING sum(free) > 0;
    RETURN NULL;
END $$;
"""
_JOINED = """
CREATE OR REPLACE FUNCTION routing_note_freed_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO routing_freedstock (product_id, xid)
    SELECT DISTINCT n.product_id, pg_current_xact_id()::text::bigint
    FROM after n LEFT JOIN before o ON o.id = n.id
    WHERE n.on_hand - n.reserved - n.soft_reserved > coalesce(o.on_hand - o.reserved - o.soft_reserved, 0);
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("routing", "0006_runs")]

    operations = [migrations.RunSQL(_ADDED_UP, _JOINED)]
