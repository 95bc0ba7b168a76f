from django.db import migrations

from oms.infra.database.operations import LeaveRoomForUpdates

#: One call of a key: who it is, and whether its rate allows the call. It is asked in a transaction of its own (see
#: oms.web.api.admission), so the row of the bucket is locked for microseconds, not for as long as a request lasts.
ADMIT = """
CREATE FUNCTION api_key_admit(given_prefix varchar, given_digest bytea)
RETURNS TABLE (
    id bigint, name varchar, prefix varchar, role varchar, scopes varchar[], may_write boolean, networks varchar[],
    expires_at timestamptz, revoked_at timestamptz, rate_per_minute integer, burst integer,
    channel_ids bigint[], channels varchar[], location_ids bigint[],
    known boolean, admitted boolean, tokens double precision
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    k record;
    moment timestamptz;
    allowed boolean;
    remaining double precision;
    is_known boolean;
BEGIN
    SELECT * INTO k FROM web_apikey a WHERE a.prefix = given_prefix;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    is_known := k.secret_digest = given_digest
        OR coalesce(k.previous_digest = given_digest AND k.previous_until > now(), false);
    IF is_known AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now()) THEN
        -- The row's lock comes first: what is left is worked out from the newest row, and by a clock read after it.
        INSERT INTO web_apikeybucket AS b (key_id, tokens, admitted, refilled_at)
        VALUES (k.id, k.burst - 1, true, clock_timestamp())
        ON CONFLICT (key_id) DO UPDATE SET (tokens, admitted, refilled_at) = (
            SELECT r.units - CASE WHEN r.units >= 1 THEN 1 ELSE 0 END, r.units >= 1, r.at
            FROM (SELECT least(k.burst, b.tokens + extract(epoch FROM c.at - b.refilled_at) * k.rate_per_minute / 60.0)
                         AS units, c.at
                  FROM (SELECT greatest(clock_timestamp(), b.refilled_at) AS at) c) r)
        RETURNING b.admitted, b.tokens INTO allowed, remaining;
        IF k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute' THEN
            UPDATE web_apikey SET last_used_at = now() WHERE id IN (
                SELECT a.id FROM web_apikey a WHERE a.id = k.id
                    AND (a.last_used_at IS NULL OR a.last_used_at < now() - interval '1 minute')
                FOR NO KEY UPDATE SKIP LOCKED);
        END IF;
    END IF;
    RETURN QUERY SELECT k.id, k.name, k.prefix, k.role, k.scopes, k.may_write, k.networks, k.expires_at,
        k.revoked_at, k.rate_per_minute, k.burst,
        ARRAY(SELECT c.channel_id FROM web_apikeychannel c WHERE c.key_id = k.id ORDER BY 1),
        ARRAY(SELECT o.code FROM web_apikeychannel c JOIN orders_channel o ON o.id = c.channel_id
              WHERE c.key_id = k.id ORDER BY 1),
        ARRAY(SELECT l.location_id FROM web_apikeylocation l WHERE l.key_id = k.id ORDER BY 1),
        is_known, allowed, remaining;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("web", "0002_api_key_rights")]

    operations = [
        migrations.RunSQL("UPDATE web_apikey SET role = 'read_only' WHERE NOT may_write", migrations.RunSQL.noop),
        migrations.RunSQL("ALTER TABLE web_apikeybucket SET UNLOGGED", "ALTER TABLE web_apikeybucket SET LOGGED"),
        LeaveRoomForUpdates("web_apikeybucket", 20),
        migrations.RunSQL(ADMIT, "DROP FUNCTION api_key_admit(varchar, bytea)"),
    ]
