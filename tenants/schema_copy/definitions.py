"""Catalogue queries that write the statements which make a schema's objects anew.

Each selects the columns of :class:`~tenants.schema_copy.ordering.Step`. They are parsed with only ``pg_catalog``
on the search path and run with the source schema on it (see ``structure``).

Ranks: 10 types · 20 sequences · 30 routines · 40 tables · 50 what calls routines, 55 ownership of sequences ·
60 partitions · 70 keys and indexes, 75 statistics, 80 partitions of indexes · 90 foreign keys · 100 views ·
105 settings · 110 rules · 120 triggers, 125 their states · 130 policies, 135 row security · 140 comments ·
150 owners.
"""

from __future__ import annotations

ENUMS = """
WITH {type}
SELECT 10, 'pg_type'::regclass::oid, t.oid, true, format('type %I', t.typname), 0,
    format('CREATE TYPE %I.%I AS ENUM (%s)', {target}, t.typname,
        (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
         FROM pg_enum e WHERE e.enumtypid = t.oid)), ''
FROM type t WHERE t.typtype = 'e' ORDER BY t.oid"""

COMPOSITES = """
WITH {type}
SELECT 10, 'pg_type'::regclass::oid, t.oid, true, format('type %I', t.typname), 0,
    format('CREATE TYPE %I.%I AS (%s)', {target}, t.typname,
        (SELECT string_agg(
            format('%I %s%s', a.attname, format_type(a.atttypid, a.atttypmod), {attribute_collation}),
            ', ' ORDER BY a.attnum)
         FROM pg_attribute a JOIN pg_type ty ON ty.oid = a.atttypid
         WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)), ''
FROM type t WHERE t.typtype = 'c' ORDER BY t.oid"""

DOMAINS = """
WITH {type},{caller}
SELECT 10, 'pg_type'::regclass::oid, t.oid, true, format('domain %I', t.typname), 0,
    concat(format('CREATE DOMAIN %I.%I AS %s', {target}, t.typname, format_type(t.typbasetype, t.typtypmod)),
        {domain_collation},
        ' DEFAULT ' || pg_get_expr(t.typdefaultbin, 0),
        (SELECT string_agg(format(' CONSTRAINT %I %s', c.conname, pg_get_constraintdef(c.oid)), '' ORDER BY c.oid)
         FROM pg_constraint c
         WHERE c.contypid = t.oid AND c.convalidated
             AND NOT EXISTS (SELECT FROM caller x
                             WHERE x.classid = 'pg_constraint'::regclass AND x.objid = c.oid)),
        CASE WHEN t.typnotnull AND NOT EXISTS (
            SELECT FROM pg_constraint c WHERE c.contypid = t.oid AND c.contype = 'n') THEN ' NOT NULL' END), ''
FROM type t JOIN pg_type base ON base.oid = t.typbasetype
WHERE t.typtype = 'd' ORDER BY t.oid"""

DOMAIN_CONSTRAINTS = """
WITH {type},{caller}
SELECT 50, 'pg_constraint'::regclass::oid, c.oid, true,
    format('constraint %I of domain %I', c.conname, t.typname), 0,
    format('ALTER DOMAIN %I.%I ADD CONSTRAINT %I %s',
        {target}, t.typname, c.conname, pg_get_constraintdef(c.oid)), ''
FROM type t JOIN pg_constraint c ON c.contypid = t.oid
WHERE NOT c.convalidated OR EXISTS (
    SELECT FROM caller x WHERE x.classid = 'pg_constraint'::regclass AND x.objid = c.oid)
ORDER BY c.oid"""

#: Those of identity columns are made with their column.
SEQUENCES = """
WITH {relation}
SELECT 20, 'pg_class'::regclass::oid, r.oid, true, format('sequence %I', r.relname), 0,
    format('CREATE %sSEQUENCE %I.%I AS %s %s', CASE r.relpersistence WHEN 'u' THEN 'UNLOGGED ' END,
        {target}, r.relname, format_type(s.seqtypid, NULL), {sequence_options}), ''
FROM relation r JOIN pg_sequence s ON s.seqrelid = r.oid
WHERE NOT EXISTS (
    SELECT FROM pg_depend i WHERE i.classid = 'pg_class'::regclass AND i.objid = r.oid AND i.deptype = 'i')
ORDER BY r.oid"""

TABLES = """
WITH {relation},{caller}
SELECT 40, 'pg_class'::regclass::oid, r.oid, true, format('table %I', r.relname), 0,
    concat(
        format('CREATE %sTABLE %I.%I (%s)', CASE r.relpersistence WHEN 'u' THEN 'UNLOGGED ' END,
            {target}, r.relname, concat_ws(', ', {columns}, {checks})),
        ' PARTITION BY ' || CASE r.relkind WHEN 'p' THEN pg_get_partkeydef(r.oid) END,
        (SELECT format(' USING %I', am.amname) FROM pg_am am WHERE am.oid = r.relam AND am.amname <> 'heap'),
        (SELECT format(' WITH (%s)', string_agg(o.text, ', ')) FROM (
            SELECT {option} FROM unnest(r.reloptions) o
            UNION ALL
            SELECT 'toast.' || {option} FROM pg_class toast, unnest(toast.reloptions) o
            WHERE toast.oid = r.reltoastrelid) o(text)
         HAVING count(*) > 0)), ''
FROM relation r WHERE r.relkind IN ('r', 'p') ORDER BY r.oid"""

VIEWS = """
WITH {relation}
SELECT 100, 'pg_class'::regclass::oid, r.oid, true, format('view %I', r.relname), 0,
    format('CREATE %s %I.%I%s AS %s%s',
        CASE r.relkind WHEN 'v' THEN 'VIEW' ELSE 'MATERIALIZED VIEW' END, {target}, r.relname,
        (SELECT format(' WITH (%s)', string_agg({option}, ', '))
         FROM unnest(r.reloptions) o HAVING count(*) > 0),
        rtrim(pg_get_viewdef(r.oid), ';'),
        CASE r.relkind WHEN 'm' THEN ' WITH NO DATA' END), ''
FROM relation r WHERE r.relkind IN ('v', 'm') ORDER BY r.oid"""

DEFAULTS = """
WITH {relation},{caller}
SELECT 50, 'pg_attrdef'::regclass::oid, ad.oid, true, format('default of column %I.%I', r.relname, a.attname), 0,
    format('ALTER TABLE %I.%I ALTER COLUMN %I SET DEFAULT %s',
        {target}, r.relname, a.attname, pg_get_expr(ad.adbin, ad.adrelid)), ''
FROM relation r JOIN pg_attrdef ad ON ad.adrelid = r.oid
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = ad.adnum
WHERE a.attgenerated = '' AND (r.relkind = 'v' OR EXISTS (
    SELECT FROM caller x WHERE x.classid = 'pg_attrdef'::regclass AND x.objid = ad.oid))
ORDER BY ad.oid"""

#: Foreign keys of partitions that come with their parent's (conparentid) are left to it.
CONSTRAINTS = """
WITH {relation},{caller}
SELECT CASE c.contype WHEN 'f' THEN 90 WHEN 'c' THEN 50 WHEN 'n' THEN 50 ELSE 70 END,
    'pg_constraint'::regclass::oid, c.oid, true, format('constraint %I of table %I', c.conname, r.relname), 0,
    format('ALTER TABLE %s%I.%I ADD CONSTRAINT %I %s',
        CASE WHEN c.contype IN ('p', 'u', 'x') THEN 'ONLY ' END,
        {target}, r.relname, c.conname, pg_get_constraintdef(c.oid)), ''
FROM relation r JOIN pg_constraint c ON c.conrelid = r.oid
WHERE c.contype IN ('p', 'u', 'x')
    OR c.contype = 'f' AND c.conparentid = 0
    OR c.contype IN ('c', 'n') AND (NOT c.convalidated OR EXISTS (
        SELECT FROM caller x WHERE x.classid = 'pg_constraint'::regclass AND x.objid = c.oid))
ORDER BY c.oid"""

#: A constraint makes its own index; an index that a failed CREATE INDEX CONCURRENTLY left behind is no index.
INDEXES = """
WITH {relation}
SELECT 70, 'pg_class'::regclass::oid, i.indexrelid, true, format('index %I', ic.relname), 1,
    pg_get_indexdef(i.indexrelid), ''
FROM relation r JOIN pg_index i ON i.indrelid = r.oid JOIN pg_class ic ON ic.oid = i.indexrelid
WHERE r.relkind IN ('r', 'p', 'm') AND (i.indisvalid OR r.relkind = 'p')
    AND NOT EXISTS (SELECT FROM pg_constraint c
                    WHERE c.conrelid = r.oid AND c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
ORDER BY i.indexrelid"""

STATISTICS = """
SELECT 75, 'pg_statistic_ext'::regclass::oid, s.oid, true, format('statistics %I', s.stxname), 1,
    pg_get_statisticsobjdef(s.oid), ''
FROM pg_depend d JOIN pg_statistic_ext s ON s.oid = d.objid
WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = {ns} AND d.classid = 'pg_statistic_ext'::regclass
ORDER BY s.oid"""

RULES = """
WITH {relation}
SELECT 110, 'pg_rewrite'::regclass::oid, w.oid, false, format('rule %I of %I', w.rulename, r.relname), 1,
    rtrim(pg_get_ruledef(w.oid), ';'), ''
FROM relation r JOIN pg_rewrite w ON w.ev_class = r.oid WHERE w.rulename <> '_RETURN' ORDER BY w.oid"""

#: Partitions get the triggers of their parent with it (tgparentid). A constraint trigger may name a second table.
TRIGGERS = """
WITH {relation}
SELECT 120, 'pg_trigger'::regclass::oid, t.oid, false, format('trigger %I of %I', t.tgname, r.relname),
    CASE t.tgconstrrelid WHEN 0 THEN 1 ELSE 2 END, pg_get_triggerdef(t.oid), ''
FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid
WHERE NOT t.tgisinternal AND t.tgparentid = 0 ORDER BY t.oid"""

#: A policy for roles that are all left out is left out: without TO it would hold for everybody.
POLICIES = """
WITH {relation}
SELECT 130, 'pg_policy'::regclass::oid, p.oid, false, format('policy %I of %I', p.polname, r.relname), 0,
    concat(
        format('CREATE POLICY %I ON %I.%I AS %s FOR %s TO %s', p.polname, {target}, r.relname,
            CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
            CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                WHEN 'd' THEN 'DELETE' ELSE 'ALL' END, grantee.list),
        ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
        ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'), ''
FROM relation r JOIN pg_policy p ON p.polrelid = r.oid
CROSS JOIN LATERAL (
    SELECT string_agg(mapped.name, ', ') AS list FROM (
        SELECT CASE m.role WHEN 0 THEN 'PUBLIC' ELSE quote_ident(nullif(
            coalesce({roles}::jsonb ->> pg_get_userbyid(m.role)::text, pg_get_userbyid(m.role)), '')) END
        FROM unnest(p.polroles) WITH ORDINALITY AS m(role, place) ORDER BY m.place) AS mapped(name)
    ) AS grantee
WHERE grantee.list IS NOT NULL ORDER BY p.oid"""

ALL = (
    ENUMS,
    COMPOSITES,
    DOMAINS,
    DOMAIN_CONSTRAINTS,
    SEQUENCES,
    TABLES,
    VIEWS,
    DEFAULTS,
    CONSTRAINTS,
    INDEXES,
    STATISTICS,
    RULES,
    TRIGGERS,
    POLICIES,
)
