"""Catalogue queries for what is set on an object once it exists: ownership, state, options, comment, owner.

They select the columns of :class:`~tenants.schema_copy.ordering.Step`, as ``definitions`` does; class and oid are
those of the object that they add to. Where names are identities, every one of them has its schema (1000000).
"""

from __future__ import annotations

OWNED_SEQUENCES = """
WITH {relation}
SELECT 55, 'pg_class'::regclass::oid, t.oid, false, format('sequence %I', r.relname), 0,
    format('ALTER SEQUENCE %I.%I OWNED BY %I.%I.%I', {target}, r.relname, {target}, t.relname, a.attname), ''
FROM relation r
JOIN pg_depend o ON o.classid = 'pg_class'::regclass AND o.objid = r.oid AND o.deptype = 'a'
    AND o.refclassid = 'pg_class'::regclass
JOIN pg_class t ON t.oid = o.refobjid AND t.relnamespace = {ns}
JOIN pg_attribute a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid
WHERE r.relkind = 'S' ORDER BY r.oid"""

#: An identity column's sequence is made as durable as its table; it may have been altered since.
IDENTITY_PERSISTENCE = """
WITH {relation}
SELECT 55, 'pg_class'::regclass::oid, t.oid, false, format('sequence %I', r.relname), 0,
    format('ALTER SEQUENCE %I.%I SET %s', {target}, r.relname,
        CASE r.relpersistence WHEN 'u' THEN 'UNLOGGED' ELSE 'LOGGED' END), ''
FROM relation r
JOIN pg_depend o ON o.classid = 'pg_class'::regclass AND o.objid = r.oid AND o.deptype = 'i'
    AND o.refclassid = 'pg_class'::regclass
JOIN pg_class t ON t.oid = o.refobjid AND t.relpersistence <> r.relpersistence
WHERE r.relkind = 'S' ORDER BY r.oid"""

PARTITIONS = """
WITH {relation}
SELECT 60, 'pg_class'::regclass::oid, r.oid, false, format('partition %I', r.relname), 0,
    format('ALTER TABLE %I.%I ATTACH PARTITION %I.%I %s', {target}, parent.relname, {target}, r.relname,
        pg_get_expr(r.relpartbound, r.oid)), ''
FROM relation r JOIN pg_inherits h ON h.inhrelid = r.oid JOIN pg_class parent ON parent.oid = h.inhparent
WHERE r.relispartition ORDER BY r.oid"""

INDEX_PARTITIONS = """
WITH {relation}
SELECT 80, 'pg_class'::regclass::oid, ic.oid, false, format('index %I', ic.relname), 0,
    format('ALTER INDEX %I.%I ATTACH PARTITION %I.%I', {target}, parent.relname, {target}, ic.relname), ''
FROM relation r JOIN pg_index i ON i.indrelid = r.oid JOIN pg_class ic ON ic.oid = i.indexrelid
JOIN pg_inherits h ON h.inhrelid = ic.oid JOIN pg_class parent ON parent.oid = h.inhparent
WHERE r.relispartition ORDER BY ic.oid"""

#: pg_get_constraintdef leaves the storage options of a constraint's index out.
CONSTRAINT_INDEX_OPTIONS = """
WITH {relation}
SELECT 105, 'pg_class'::regclass::oid, ic.oid, false, format('index %I', ic.relname), 0,
    format('ALTER INDEX %I.%I SET (%s)', {target}, ic.relname,
        (SELECT string_agg({option}, ', ') FROM unnest(ic.reloptions) o)), ''
FROM relation r JOIN pg_constraint c ON c.conrelid = r.oid JOIN pg_class ic ON ic.oid = c.conindid
WHERE c.contype IN ('p', 'u', 'x') AND ic.reloptions IS NOT NULL ORDER BY ic.oid"""

INDEX_ROLES = """
WITH {relation}
SELECT 105, 'pg_class'::regclass::oid, ic.oid, false, format('index %I', ic.relname), 0, role.statement, ''
FROM relation r JOIN pg_index i ON i.indrelid = r.oid JOIN pg_class ic ON ic.oid = i.indexrelid
CROSS JOIN LATERAL (
    SELECT format('ALTER TABLE %I.%I CLUSTER ON %I', {target}, r.relname, ic.relname) WHERE i.indisclustered
    UNION ALL
    SELECT format('ALTER TABLE %I.%I REPLICA IDENTITY USING INDEX %I', {target}, r.relname, ic.relname)
    WHERE i.indisreplident) AS role(statement)
ORDER BY ic.oid"""

TABLE_STATES = """
WITH {relation}
SELECT 135, 'pg_class'::regclass::oid, r.oid, false, format('table %I', r.relname), 0,
    format('ALTER TABLE %I.%I %s', {target}, r.relname, concat_ws(', ',
        CASE WHEN r.relrowsecurity THEN 'ENABLE ROW LEVEL SECURITY' END,
        CASE WHEN r.relforcerowsecurity THEN 'FORCE ROW LEVEL SECURITY' END,
        CASE r.relreplident WHEN 'f' THEN 'REPLICA IDENTITY FULL' WHEN 'n' THEN 'REPLICA IDENTITY NOTHING' END)), ''
FROM relation r
WHERE r.relkind IN ('r', 'p') AND (r.relrowsecurity OR r.relforcerowsecurity OR r.relreplident IN ('f', 'n'))
ORDER BY r.oid"""

COLUMN_SETTINGS = """
WITH {relation}
SELECT 105, 'pg_class'::regclass::oid, r.oid, false, format('column %I.%I', r.relname, a.attname), 0,
    format('ALTER TABLE ONLY %I.%I %s', {target}, r.relname, concat_ws(', ',
        format('ALTER COLUMN %I SET STATISTICS ', a.attname)
            || CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END,
        format('ALTER COLUMN %I SET STORAGE ', a.attname) || CASE WHEN a.attstorage <> ty.typstorage THEN
            CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN'
                ELSE 'EXTENDED' END END,
        format('ALTER COLUMN %I SET (', a.attname)
            || (SELECT string_agg({option}, ', ') FROM unnest(a.attoptions) o) || ')')), ''
FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid JOIN pg_type ty ON ty.oid = a.atttypid
WHERE r.relkind IN ('r', 'p', 'm') AND a.attnum > 0 AND NOT a.attisdropped
    AND (a.attstattarget >= 0 OR a.attstorage <> ty.typstorage OR a.attoptions IS NOT NULL)
ORDER BY r.oid, a.attnum"""

INDEX_STATISTICS = """
WITH {relation}
SELECT 105, 'pg_class'::regclass::oid, ic.oid, false, format('index %I', ic.relname), 0,
    format('ALTER INDEX %I.%I ALTER COLUMN %s SET STATISTICS %s',
        {target}, ic.relname, a.attnum, a.attstattarget), ''
FROM relation r JOIN pg_index i ON i.indrelid = r.oid JOIN pg_class ic ON ic.oid = i.indexrelid
JOIN pg_attribute a ON a.attrelid = ic.oid
WHERE a.attstattarget >= 0 ORDER BY ic.oid, a.attnum"""

#: A partition's copy of a trigger has the state of its parent's until it is told otherwise.
TRIGGER_STATES = """
WITH {relation}
SELECT 125, 'pg_class'::regclass::oid, r.oid, false, format('trigger %I of %I', t.tgname, r.relname), 0,
    format('ALTER TABLE %s%I.%I %s TRIGGER %I', CASE WHEN t.tgparentid <> 0 THEN 'ONLY ' END, {target}, r.relname,
        CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA'
            ELSE 'ENABLE' END, t.tgname), ''
FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid LEFT JOIN pg_trigger parent ON parent.oid = t.tgparentid
WHERE NOT t.tgisinternal AND t.tgenabled <> coalesce(parent.tgenabled, 'O')
ORDER BY t.tgparentid <> 0, t.oid"""

RULE_STATES = """
WITH {relation}
SELECT 125, 'pg_class'::regclass::oid, r.oid, false, format('rule %I of %I', w.rulename, r.relname), 0,
    format('ALTER TABLE %I.%I %s RULE %I', {target}, r.relname,
        CASE w.ev_enabled WHEN 'D' THEN 'DISABLE' WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA'
            ELSE 'ENABLE' END, w.rulename), ''
FROM relation r JOIN pg_rewrite w ON w.ev_class = r.oid
WHERE w.rulename <> '_RETURN' AND w.ev_enabled <> 'O' ORDER BY w.oid"""

#: A sequence that belongs to a column has its table's owner already.
OWNERS = """
WITH {member}
SELECT 150, m.classid, m.objid, false, concat('owner of ', i.type, ' ', i.identity), 1000000,
    format('ALTER %s %s OWNER TO %I', upper(CASE i.type WHEN 'statistics object' THEN 'statistics' ELSE i.type END),
        i.identity, mapped.owner), ''
FROM member m
LEFT JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
LEFT JOIN pg_type t ON m.classid = 'pg_type'::regclass AND t.oid = m.objid
LEFT JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
LEFT JOIN pg_statistic_ext s ON m.classid = 'pg_statistic_ext'::regclass AND s.oid = m.objid
CROSS JOIN LATERAL pg_get_userbyid(coalesce(c.relowner, t.typowner, p.proowner, s.stxowner)) AS source(owner)
CROSS JOIN LATERAL (SELECT coalesce({roles}::jsonb ->> source.owner::text, source.owner)) AS mapped(owner)
CROSS JOIN LATERAL pg_identify_object(m.classid, m.objid, 0) AS i
WHERE mapped.owner NOT IN ('', current_user)
    AND NOT (c.relkind IS NOT DISTINCT FROM 'S' AND EXISTS (
        SELECT FROM pg_depend o WHERE o.classid = m.classid AND o.objid = m.objid AND o.deptype IN ('a', 'i')
            AND o.refclassid = 'pg_class'::regclass))
ORDER BY m.classid, m.objid"""

COMMENTS = """
WITH {member},{relation},{commented}
SELECT 140, m.classid, m.objid, false, concat('comment on ', i.type, ' ', i.identity), 1000000,
    format('COMMENT ON %s IS ', CASE
        WHEN i.type = 'domain constraint' THEN format('CONSTRAINT %I ON DOMAIN %I.%I', c.conname, {target}, t.typname)
        WHEN i.type = 'schema' THEN format('SCHEMA %I', {target})
        WHEN i.type LIKE '% column' THEN 'COLUMN ' || i.identity
        WHEN i.type = 'table constraint' THEN 'CONSTRAINT ' || i.identity
        WHEN i.type = 'statistics object' THEN 'STATISTICS ' || i.identity
        ELSE upper(i.type) || ' ' || i.identity END), quote_literal(d.description)
FROM commented m
JOIN pg_description d ON d.classoid = m.classid AND d.objoid = m.objid
LEFT JOIN pg_constraint c ON m.classid = 'pg_constraint'::regclass AND c.oid = m.objid
LEFT JOIN pg_type t ON t.oid = c.contypid
CROSS JOIN LATERAL pg_identify_object(m.classid, m.objid, d.objsubid) AS i
WHERE i.type IS NOT NULL
ORDER BY m.classid, m.objid, d.objsubid"""

ALL = (
    OWNED_SEQUENCES,
    IDENTITY_PERSISTENCE,
    PARTITIONS,
    INDEX_PARTITIONS,
    CONSTRAINT_INDEX_OPTIONS,
    INDEX_ROLES,
    TABLE_STATES,
    COLUMN_SETTINGS,
    INDEX_STATISTICS,
    TRIGGER_STATES,
    RULE_STATES,
    COMMENTS,
    OWNERS,
)
