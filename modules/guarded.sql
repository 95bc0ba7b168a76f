-- What PostgreSQL itself enforces about profiles. Run by `manage.py setup_database` as an administrator; the
-- functions belong to oms_vault, which nobody logs in as, so no migration and no application can replace them.

-- The check at the end of a transaction. One function serves every retailer's schema: it is told by the trigger
-- which schema and table it runs for, because at that moment neither role nor search path are what they were.
CREATE OR REPLACE FUNCTION oms_admin.profile_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    live_table text := TG_ARGV[0];
    history_table text := TG_ARGV[1];
    row_id bigint := coalesce(NEW.id, OLD.id);
    live jsonb;
    newest jsonb;
    is_open boolean;
BEGIN
    EXECUTE format('SELECT to_jsonb(t) FROM %I.%I t WHERE t.id = $1', TG_TABLE_SCHEMA, live_table)
        INTO live USING row_id;
    EXECUTE format('SELECT to_jsonb(h) FROM %I.%I h WHERE h.id = $1 ORDER BY h.revision DESC LIMIT 1',
                   TG_TABLE_SCHEMA, history_table)
        INTO newest USING row_id;
    IF newest IS NULL THEN
        RAISE EXCEPTION 'profile-locked: row % of %.% was written without history', row_id, TG_TABLE_SCHEMA, live_table
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (live IS NULL) <> (newest ->> 'history_type' = '-')
       OR (live IS NOT NULL AND NOT newest @> live)
       OR (live IS NOT NULL AND live <> (
            SELECT jsonb_object_agg(k, newest -> k) FROM jsonb_object_keys(live) AS k)) THEN
        RAISE EXCEPTION 'profile-locked: row % of %.% differs from its newest history row', row_id, TG_TABLE_SCHEMA,
            live_table USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.modules_profilerevision r WHERE r.number = $1'
                   ' AND r.transaction = pg_current_xact_id() AND r.created_at = now())', TG_TABLE_SCHEMA)
        INTO is_open USING (newest ->> 'revision')::bigint;
    IF NOT is_open THEN
        RAISE EXCEPTION 'profile-locked: row % of %.% was changed outside an open revision', row_id, TG_TABLE_SCHEMA,
            live_table USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $body$;

-- A history row is written in the revision that is open, or not at all.
CREATE OR REPLACE FUNCTION oms_admin.profile_history_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    is_open boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.modules_profilerevision r WHERE r.number = $1'
                   ' AND r.transaction = pg_current_xact_id() AND r.created_at = now())', TG_TABLE_SCHEMA)
        INTO is_open USING NEW.revision;
    IF NOT is_open THEN
        RAISE EXCEPTION 'profile-locked: history of %.% was written outside an open revision', TG_TABLE_SCHEMA,
            TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $body$;

CREATE OR REPLACE FUNCTION oms_admin.profile_refuse() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    RAISE EXCEPTION 'profile-locked: % on %.% is refused: %', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = 'integrity_constraint_violation';
END $body$;

-- The primary key of a row is what its history hangs on.
CREATE OR REPLACE FUNCTION oms_admin.profile_keep_id() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF NEW.id <> OLD.id THEN
        RAISE EXCEPTION 'profile-locked: the primary key of a row of %.% is never changed', TG_TABLE_SCHEMA,
            TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $body$;

-- A revision is stamped by the database: its transaction and time are not the caller's to choose.
CREATE OR REPLACE FUNCTION oms_admin.profile_stamp() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    head bigint;
BEGIN
    EXECUTE format('SELECT coalesce(max(number), 0) FROM %I.modules_profilerevision', TG_TABLE_SCHEMA) INTO head;
    IF NEW.number <> head + 1 THEN
        RAISE EXCEPTION 'profile-locked: revision % does not follow the newest, %', NEW.number, head
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    NEW.transaction := pg_current_xact_id();
    NEW.created_at := now();
    RETURN NEW;
END $body$;

-- Gives the profile tables of a schema to the vault and sets their guards. It can only lock, never open.
CREATE OR REPLACE FUNCTION oms_admin.vault_profile(schema_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    retailer text := 'retailer_' || schema_name;
    t text;
    s regclass;
    pair text[];
BEGIN
    IF schema_name !~ '^[a-z][a-z0-9_]{0,62}$' OR NOT EXISTS (
        SELECT FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner
        WHERE n.nspname = schema_name AND r.rolname = 'oms_vault'
    ) THEN
        RAISE EXCEPTION 'not a retailer''s schema: %', schema_name;
    END IF;
    FOREACH t IN ARRAY ARRAY['modules_profiledocument', 'modules_historicalprofiledocument', 'modules_moduleadoption',
                             'modules_historicalmoduleadoption', 'modules_profilerevision', 'modules_profilesnapshot']
    LOOP
        EXECUTE format('ALTER TABLE %I.%I OWNER TO oms_vault', schema_name, t);
        EXECUTE format('REVOKE ALL ON TABLE %I.%I FROM PUBLIC, oms_owner, oms_deploy, oms_platform, %I',
                       schema_name, t, retailer);
        EXECUTE format('GRANT SELECT, INSERT ON %I.%I TO %I', schema_name, t, retailer);
        EXECUTE format('GRANT SELECT ON %I.%I TO oms_owner', schema_name, t);
        -- A staging clone goes on counting where its source is.
        FOR s IN SELECT c.oid FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
            WHERE d.refobjid = format('%I.%I', schema_name, t)::regclass AND d.deptype = 'i'
        LOOP
            EXECUTE format('GRANT SELECT ON SEQUENCE %s TO oms_owner', s);
        END LOOP;
        EXECUTE format('DROP TRIGGER IF EXISTS profile_no_truncate ON %I.%I', schema_name, t);
        EXECUTE format('CREATE TRIGGER profile_no_truncate BEFORE TRUNCATE ON %I.%I FOR EACH STATEMENT'
                       ' EXECUTE FUNCTION oms_admin.profile_refuse(''profile tables are never emptied'')',
                       schema_name, t);
        EXECUTE format('ALTER TABLE %I.%I ENABLE ALWAYS TRIGGER profile_no_truncate', schema_name, t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['modules_historicalprofiledocument', 'modules_historicalmoduleadoption',
                             'modules_profilerevision', 'modules_profilesnapshot']
    LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS profile_insert_only ON %I.%I', schema_name, t);
        EXECUTE format('CREATE TRIGGER profile_insert_only BEFORE UPDATE OR DELETE ON %I.%I FOR EACH ROW'
                       ' EXECUTE FUNCTION oms_admin.profile_refuse(''history is never changed'')', schema_name, t);
        EXECUTE format('ALTER TABLE %I.%I ENABLE ALWAYS TRIGGER profile_insert_only', schema_name, t);
    END LOOP;
    FOREACH pair SLICE 1 IN ARRAY ARRAY[['modules_profiledocument', 'modules_historicalprofiledocument'],
                                        ['modules_moduleadoption', 'modules_historicalmoduleadoption']]
    LOOP
        EXECUTE format('GRANT UPDATE, DELETE ON %I.%I TO %I', schema_name, pair[1], retailer);
        EXECUTE format('DROP TRIGGER IF EXISTS profile_guard ON %I.%I', schema_name, pair[1]);
        EXECUTE format('DROP TRIGGER IF EXISTS profile_keep_id ON %I.%I', schema_name, pair[1]);
        EXECUTE format('DROP TRIGGER IF EXISTS profile_guard ON %I.%I', schema_name, pair[2]);
        EXECUTE format('DROP TRIGGER IF EXISTS profile_history_guard ON %I.%I', schema_name, pair[2]);
        EXECUTE format('CREATE CONSTRAINT TRIGGER profile_guard AFTER INSERT OR UPDATE OR DELETE ON %I.%I'
                       ' DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION oms_admin.profile_guard(%L, %L)',
                       schema_name, pair[1], pair[1], pair[2]);
        EXECUTE format('CREATE TRIGGER profile_keep_id BEFORE UPDATE ON %I.%I FOR EACH ROW'
                       ' EXECUTE FUNCTION oms_admin.profile_keep_id()', schema_name, pair[1]);
        EXECUTE format('CREATE CONSTRAINT TRIGGER profile_guard AFTER INSERT ON %I.%I'
                       ' DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION oms_admin.profile_guard(%L, %L)',
                       schema_name, pair[2], pair[1], pair[2]);
        EXECUTE format('CREATE CONSTRAINT TRIGGER profile_history_guard AFTER INSERT ON %I.%I'
                       ' DEFERRABLE INITIALLY DEFERRED FOR EACH ROW'
                       ' EXECUTE FUNCTION oms_admin.profile_history_guard()', schema_name, pair[2]);
        EXECUTE format('ALTER TABLE %I.%I ENABLE ALWAYS TRIGGER profile_guard', schema_name, pair[1]);
        EXECUTE format('ALTER TABLE %I.%I ENABLE ALWAYS TRIGGER profile_keep_id', schema_name, pair[1]);
        EXECUTE format('ALTER TABLE %I.%I ENABLE ALWAYS TRIGGER profile_guard', schema_name, pair[2]);
        EXECUTE format('ALTER TABLE %I.%I ENABLE ALWAYS TRIGGER profile_history_guard', schema_name, pair[2]);
        EXECUTE format('CREATE UNIQUE INDEX IF NOT EXISTS %I ON %I.%I (id, revision)',
                       pair[2] || '_once', schema_name, pair[2]);
    END LOOP;
    EXECUTE format('ALTER TABLE %I.modules_profilerevision ADD COLUMN IF NOT EXISTS transaction xid8', schema_name);
    EXECUTE format('DROP TRIGGER IF EXISTS profile_stamp ON %I.modules_profilerevision', schema_name);
    EXECUTE format('CREATE TRIGGER profile_stamp BEFORE INSERT ON %I.modules_profilerevision FOR EACH ROW'
                   ' EXECUTE FUNCTION oms_admin.profile_stamp()', schema_name);
    EXECUTE format('ALTER TABLE %I.modules_profilerevision ENABLE ALWAYS TRIGGER profile_stamp', schema_name);
END $body$;

-- The vault owns its functions; to take them over it may create in their schema, for this moment only.
GRANT USAGE, CREATE ON SCHEMA oms_admin TO oms_vault;
DO $body$
DECLARE
    f text;
BEGIN
    FOREACH f IN ARRAY ARRAY['profile_guard()', 'profile_history_guard()', 'profile_refuse()', 'profile_keep_id()',
                             'profile_stamp()']
    LOOP
        EXECUTE 'ALTER FUNCTION oms_admin.' || f || ' OWNER TO oms_vault';
        EXECUTE 'REVOKE ALL ON FUNCTION oms_admin.' || f || ' FROM PUBLIC';
        -- Provisioning copies the triggers before the vault takes the tables. Nobody can call them otherwise.
        EXECUTE 'GRANT EXECUTE ON FUNCTION oms_admin.' || f || ' TO oms_owner';
    END LOOP;
END $body$;
REVOKE CREATE ON SCHEMA oms_admin FROM oms_vault;

-- The release catalogue, in public: published once, never changed.
CREATE OR REPLACE FUNCTION oms_admin.vault_catalogue() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    -- Without superuser rights a new owner must be able to create in the schema, for this moment.
    GRANT CREATE ON SCHEMA public TO oms_vault;
    ALTER TABLE public.publishing_publishedrelease OWNER TO oms_vault;
    REVOKE CREATE ON SCHEMA public FROM oms_vault;
    REVOKE ALL ON public.publishing_publishedrelease FROM PUBLIC, oms_owner, oms_deploy, oms_platform;
    GRANT SELECT, INSERT ON public.publishing_publishedrelease TO oms_owner;
    GRANT SELECT ON public.publishing_publishedrelease TO oms_app, oms_platform, oms_retailer;
    DROP TRIGGER IF EXISTS catalogue_insert_only ON public.publishing_publishedrelease;
    CREATE TRIGGER catalogue_insert_only BEFORE UPDATE OR DELETE ON public.publishing_publishedrelease
        FOR EACH ROW EXECUTE FUNCTION oms_admin.profile_refuse('a published release never changes');
    ALTER TABLE public.publishing_publishedrelease ENABLE ALWAYS TRIGGER catalogue_insert_only;
    DROP TRIGGER IF EXISTS catalogue_no_truncate ON public.publishing_publishedrelease;
    CREATE TRIGGER catalogue_no_truncate BEFORE TRUNCATE ON public.publishing_publishedrelease
        FOR EACH STATEMENT EXECUTE FUNCTION oms_admin.profile_refuse('a published release never changes');
    ALTER TABLE public.publishing_publishedrelease ENABLE ALWAYS TRIGGER catalogue_no_truncate;
END $body$;
REVOKE ALL ON FUNCTION oms_admin.vault_catalogue() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION oms_admin.vault_catalogue() TO oms_owner;
REVOKE ALL ON FUNCTION oms_admin.vault_profile(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION oms_admin.vault_profile(text) TO oms_owner;
