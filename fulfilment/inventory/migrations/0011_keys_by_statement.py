"""The ledger's keys are checked once for a statement, not by a query for each row.

A movement's level is looked up for all the rows of a statement together. Levels are neither removed nor renumbered, so
what was there once stays there: together that is the foreign key. A level's location was proved twice; the key on the
pair of location and backorder proves it alone, since neither of the two is ever empty.
"""

import django.db.models.deletion
from django.db import migrations, models

# The lookup stays one by the level's key whatever the number of rows: a connection keeps the plan of its first call.
_TRIGGERS = """
CREATE FUNCTION inventory_movement_has_level() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE missing bigint;
BEGIN
    SELECT a.level_id INTO missing FROM after a
    LEFT JOIN LATERAL (SELECT l.id FROM inventory_stocklevel l WHERE l.id = a.level_id OFFSET 0) l ON true
    WHERE l.id IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'a movement is one of a level: there is no stock level %', missing
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION inventory_level_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'stock levels are neither removed nor renumbered: their movements name them'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER inventory_movement_has_level AFTER INSERT ON inventory_stockmovement
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION inventory_movement_has_level();
CREATE TRIGGER inventory_level_stays BEFORE UPDATE OF id OR DELETE OR TRUNCATE ON inventory_stocklevel
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_level_stays();
"""
_WITHOUT = """
DROP TRIGGER inventory_movement_has_level ON inventory_stockmovement;
DROP TRIGGER inventory_level_stays ON inventory_stocklevel;
DROP FUNCTION inventory_movement_has_level();
DROP FUNCTION inventory_level_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0010_notes_without_joins")]

    operations = [
        migrations.RunSQL(_TRIGGERS, _WITHOUT),
        migrations.AlterField(
            model_name="stockmovement",
            name="level",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="movements",
                to="inventory.stocklevel",
            ),
        ),
        migrations.AlterField(
            model_name="stocklevel",
            name="location",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="stock_levels",
                to="locations.location",
            ),
        ),
    ]
