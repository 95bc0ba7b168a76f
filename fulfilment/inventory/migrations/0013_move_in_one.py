"""Stock is moved in one question: its levels locked, changed, and the change written to the ledger.

In three statements of the caller's each would be a round trip, and the levels would be held for the time of all.
"""

from django.db import migrations

# The UPDATE comes after the locks, so it sees what others changed while this one waited for them.
_MOVE = """
CREATE FUNCTION inventory_move(
    ids bigint[], on_hands bigint[], reserveds bigint[], leaves_carts boolean, movements json
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE moved bigint[];
BEGIN
    PERFORM FROM inventory_stocklevel WHERE id = ANY(ids) ORDER BY id FOR UPDATE;
    WITH changed AS (
        UPDATE inventory_stocklevel l SET on_hand = l.on_hand + d.on_hand, reserved = l.reserved + d.reserved
        FROM unnest(ids, on_hands, reserveds) AS d(id, on_hand, reserved)
        WHERE l.id = d.id AND l.reserved + d.reserved >= 0 AND l.on_hand + d.on_hand >= 0
          AND (l.backorder OR l.on_hand + d.on_hand - l.reserved - d.reserved
               >= CASE WHEN leaves_carts AND d.on_hand < d.reserved AND l.soft_reserved > 0 THEN (
                    SELECT coalesce(sum(p.quantity), 0) FROM inventory_softpart p
                    WHERE p.level_id = l.id AND p.expires_at > clock_timestamp()
                  ) ELSE 0 END)
        RETURNING l.id
    )
    SELECT coalesce(array_agg(id), '{}') INTO moved FROM changed;
    IF cardinality(moved) < cardinality(ids) THEN
        RETURN ARRAY(SELECT unnest(ids) EXCEPT SELECT unnest(moved));
    END IF;
    INSERT INTO inventory_stockmovement
        (level_id, kind, on_hand_change, reserved_change, reason, reference, actor, moved_at)
    SELECT c0, c1, c2, c3, c4::varchar(120), c5::varchar(64), c6::varchar(150), c7 FROM json_to_recordset(movements)
        AS m(c0 bigint, c1 text, c2 bigint, c3 bigint, c4 text, c5 text, c6 text, c7 timestamptz);
    RETURN '{}';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0012_transfer_expected_on")]

    operations = [
        migrations.RunSQL(
            _MOVE, "DROP FUNCTION inventory_move(bigint[], bigint[], bigint[], boolean, json)", elidable=False
        )
    ]
