"""Keys of new levels and of feed rows are checked once for a statement, not by a query for each row.

What a foreign key does is done here, in as many parts: what is named must be there, and is held until the transaction
ends; what is named stays; and a level's ``backorder`` follows its location's.
"""

import django.db.models.deletion
from django.db import migrations, models

# A location's key includes allows_backorder (location_backorder_pair), so whoever changes that waits for us, as whoever
# removes the location does; we see it afterwards.
_LEVELS = """
CREATE FUNCTION inventory_level_has_keys() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    products bigint[];
    locations bigint[];
    backorders boolean[];
    missing record;
BEGIN
    SELECT array_agg(p.id) INTO products FROM (
        SELECT id FROM catalogue_product
        WHERE id = ANY(ARRAY(SELECT DISTINCT product_id FROM after)) ORDER BY id FOR KEY SHARE
    ) p;
    SELECT a.id INTO missing FROM (SELECT product_id AS id FROM after EXCEPT SELECT unnest(products)) a LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'a level is one of a product: there is no product %', missing.id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    SELECT array_agg(c.id), array_agg(c.allows_backorder) INTO locations, backorders FROM (
        SELECT id, allows_backorder FROM locations_location
        WHERE id = ANY(ARRAY(SELECT DISTINCT location_id FROM after)) ORDER BY id FOR KEY SHARE
    ) c;
    SELECT a.id, a.backorder INTO missing FROM (
        SELECT location_id AS id, backorder FROM after EXCEPT SELECT * FROM unnest(locations, backorders)
    ) a LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'a level is one of a location, and allows backorder as that does: there is no location % '
            'where it is %', missing.id, missing.backorder USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION inventory_level_keeps_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.product_id <> NEW.product_id OR OLD.location_id <> NEW.location_id THEN
        RAISE EXCEPTION 'a stock level stays that of its product and location' USING ERRCODE = 'restrict_violation';
    END IF;
    PERFORM FROM locations_location WHERE id = NEW.location_id AND allows_backorder = NEW.backorder FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'stock level % allows backorder as its location does', NEW.id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION inventory_backorder_followed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE inventory_stocklevel SET backorder = NEW.allows_backorder
    WHERE location_id = NEW.id AND backorder <> NEW.allows_backorder;
    RETURN NULL;
END $$;
CREATE TRIGGER inventory_level_has_keys AFTER INSERT ON inventory_stocklevel
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION inventory_level_has_keys();
CREATE TRIGGER inventory_level_keeps_keys AFTER UPDATE ON inventory_stocklevel FOR EACH ROW
    WHEN (OLD.backorder <> NEW.backorder OR OLD.location_id <> NEW.location_id OR OLD.product_id <> NEW.product_id)
    EXECUTE FUNCTION inventory_level_keeps_keys();
CREATE TRIGGER inventory_backorder_followed AFTER UPDATE ON locations_location FOR EACH ROW
    WHEN (OLD.allows_backorder <> NEW.allows_backorder) EXECUTE FUNCTION inventory_backorder_followed();
ALTER TABLE inventory_stocklevel DROP CONSTRAINT stock_level_backorder_of_location;
"""
_LEVELS_WITHOUT = """
ALTER TABLE inventory_stocklevel ADD CONSTRAINT stock_level_backorder_of_location
    FOREIGN KEY (location_id, backorder) REFERENCES locations_location (id, allows_backorder) ON UPDATE CASCADE;
DROP TRIGGER inventory_backorder_followed ON locations_location;
DROP TRIGGER inventory_level_keeps_keys ON inventory_stocklevel;
DROP TRIGGER inventory_level_has_keys ON inventory_stocklevel;
DROP FUNCTION inventory_backorder_followed();
DROP FUNCTION inventory_level_keeps_keys();
DROP FUNCTION inventory_level_has_keys();
"""

_FEED_ROWS = """
CREATE FUNCTION inventory_feed_row_has_feed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    feeds bigint[];
    missing bigint;
BEGIN
    SELECT array_agg(f.id) INTO feeds FROM (
        SELECT id FROM inventory_stockfeed
        WHERE id = ANY(ARRAY(SELECT DISTINCT feed_id FROM after)) ORDER BY id FOR KEY SHARE
    ) f;
    SELECT a.id INTO missing FROM (SELECT feed_id AS id FROM after EXCEPT SELECT unnest(feeds)) a LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'a row is one of a feed: there is no stock feed %', missing
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION inventory_feed_row_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row stays that of its feed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER inventory_feed_row_has_feed AFTER INSERT ON inventory_stockfeedrow
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION inventory_feed_row_has_feed();
CREATE TRIGGER inventory_feed_row_stays BEFORE UPDATE OF feed_id ON inventory_stockfeedrow
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_feed_row_stays();
"""
_FEED_ROWS_WITHOUT = """
DROP TRIGGER inventory_feed_row_stays ON inventory_stockfeedrow;
DROP TRIGGER inventory_feed_row_has_feed ON inventory_stockfeedrow;
DROP FUNCTION inventory_feed_row_stays();
DROP FUNCTION inventory_feed_row_has_feed();
"""

# A transaction that reads from an older snapshot would not see a row that was added since then, so it removes nothing.
_STAY = """
CREATE FUNCTION inventory_key_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE named bigint;
BEGIN
    IF TG_OP <> 'DELETE' THEN
        RAISE EXCEPTION 'rows of % are not renumbered: stock names them', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'rows of % are removed in transactions that read what is committed', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    EXECUTE format('SELECT g.id FROM gone g WHERE EXISTS (SELECT FROM %I s WHERE s.%I = g.id) LIMIT 1',
        TG_ARGV[0], TG_ARGV[1]) INTO named;
    IF named IS NOT NULL THEN
        RAISE EXCEPTION '% of % is named by stock', named, TG_TABLE_NAME USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
""" + "".join(
    f"""
CREATE TRIGGER inventory_key_stays AFTER DELETE ON {table}
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION inventory_key_stays('{by}', '{column}');
CREATE TRIGGER inventory_key_is_kept BEFORE UPDATE OF id OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_key_stays();
"""
    for table, by, column in (
        ("catalogue_product", "inventory_stocklevel", "product_id"),
        ("locations_location", "inventory_stocklevel", "location_id"),
        ("inventory_stockfeed", "inventory_stockfeedrow", "feed_id"),
    )
)
_STAY_WITHOUT = (
    "".join(
        f"DROP TRIGGER inventory_key_stays ON {table}; DROP TRIGGER inventory_key_is_kept ON {table};"
        for table in ("catalogue_product", "locations_location", "inventory_stockfeed")
    )
    + "DROP FUNCTION inventory_key_stays();"
)


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0013_move_in_one"),
        ("catalogue", "0003_sold_from"),
        ("locations", "0003_backorder_default"),
    ]

    operations = [
        migrations.RunSQL(_LEVELS, _LEVELS_WITHOUT),
        migrations.RunSQL(_FEED_ROWS, _FEED_ROWS_WITHOUT),
        migrations.RunSQL(_STAY, _STAY_WITHOUT),
        migrations.AlterField(
            model_name="stocklevel",
            name="product",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="stock_levels",
                to="catalogue.product",
            ),
        ),
        migrations.AlterField(
            model_name="stocklevel",
            name="backorder",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="What the location allows, repeated: the database keeps the two equal.",
            ),
        ),
        migrations.AlterField(
            model_name="stockfeedrow",
            name="feed",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="feed_rows",
                to="inventory.stockfeed",
            ),
        ),
    ]
