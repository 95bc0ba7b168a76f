"""Catalogue queries that say what stands in the way of a copy, and how its objects hang together."""

from __future__ import annotations

#: Default privileges and publications point to a schema, but are not in it.
OCCUPANT = """
SELECT pg_describe_object(d.classid, d.objid, 0) FROM pg_depend d
WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = {target_ns}
    AND d.classid NOT IN ('pg_default_acl'::regclass, 'pg_publication_namespace'::regclass)
ORDER BY d.classid, d.objid LIMIT 1"""

MISSING_ROLE = """
SELECT m.value FROM jsonb_each_text({roles}::jsonb) m
WHERE m.value <> '' AND to_regrole(quote_ident(m.value)) IS NULL ORDER BY m.value LIMIT 1"""

LEAVING_KEY = """
WITH {relation}
SELECT pg_describe_object('pg_constraint'::regclass, c.oid, 0)
FROM relation r JOIN pg_constraint c ON c.conrelid = r.oid JOIN pg_class f ON f.oid = c.confrelid
WHERE c.contype = 'f' AND f.relnamespace <> {ns} ORDER BY c.oid LIMIT 1"""

#: Range and base types, aggregates, foreign tables, members of extensions, inheritance, operators, collations …
UNSUPPORTED = """
WITH {relation}
SELECT pg_describe_object(u.classid, u.objid, 0) FROM (
    SELECT d.classid, d.objid FROM pg_depend d
    LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
    LEFT JOIN pg_type t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid
    LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
    WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = {ns}
        AND d.classid NOT IN ('pg_default_acl'::regclass, 'pg_publication_namespace'::regclass,
            'pg_statistic_ext'::regclass)
        AND (coalesce(c.relkind, t.typtype, p.prokind) IS NULL
            OR c.relkind NOT IN ('r', 'p', 'v', 'm', 'S') OR c.reloftype <> 0
            OR t.typtype NOT IN ('e', 'c', 'd') OR p.prokind = 'a'
            OR EXISTS (SELECT FROM pg_depend e
                       WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e'))
    UNION ALL
    SELECT 'pg_class'::regclass, child.oid
    FROM relation r JOIN pg_inherits h ON r.oid IN (h.inhrelid, h.inhparent)
    JOIN pg_class child ON child.oid = h.inhrelid JOIN pg_class parent ON parent.oid = h.inhparent
    WHERE NOT child.relispartition OR child.relnamespace <> {ns} OR parent.relnamespace <> {ns}
) u ORDER BY u.classid, u.objid LIMIT 1"""

#: Every name in the schema, and whether pg_catalog has it too, so that PostgreSQL writes it in full.
NAMES = """
WITH {relation}
SELECT n.name::text, bool_or(n.shadowed) FROM (
    SELECT r.relname, EXISTS (SELECT FROM pg_class c WHERE c.relname = r.relname AND c.relnamespace = 11)
        OR EXISTS (SELECT FROM pg_type t WHERE t.typname = r.relname AND t.typnamespace = 11)
    FROM relation r
    UNION ALL
    SELECT ic.relname, false
    FROM relation r JOIN pg_index i ON i.indrelid = r.oid JOIN pg_class ic ON ic.oid = i.indexrelid
    UNION ALL
    SELECT t.typname, EXISTS (SELECT FROM pg_type c WHERE c.typname = t.typname AND c.typnamespace = 11)
    FROM pg_depend d JOIN pg_type t ON t.oid = d.objid
    WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = {ns} AND d.classid = 'pg_type'::regclass
    UNION ALL
    SELECT p.proname, EXISTS (SELECT FROM pg_proc c WHERE c.proname = p.proname AND c.pronamespace = 11)
    FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid
    WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = {ns} AND d.classid = 'pg_proc'::regclass
    UNION ALL
    SELECT s.stxname, false FROM pg_depend d JOIN pg_statistic_ext s ON s.oid = d.objid
    WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = {ns}
        AND d.classid = 'pg_statistic_ext'::regclass
) n(name, shadowed) GROUP BY n.name"""

#: (class, object, class, object): the first is made together with the second.
PARTS = """
WITH {relation},{type}
SELECT 'pg_attrdef'::regclass::oid, ad.oid, 'pg_class'::regclass::oid, ad.adrelid
FROM relation r JOIN pg_attrdef ad ON ad.adrelid = r.oid
UNION ALL SELECT 'pg_rewrite'::regclass, w.oid, 'pg_class'::regclass, r.oid
FROM relation r JOIN pg_rewrite w ON w.ev_class = r.oid AND w.rulename = '_RETURN'
UNION ALL SELECT 'pg_constraint'::regclass, c.oid, 'pg_class'::regclass, r.oid
FROM relation r JOIN pg_constraint c ON c.conrelid = r.oid AND c.contype IN ('c', 'n')
UNION ALL SELECT 'pg_class'::regclass, c.conindid, 'pg_constraint'::regclass, c.oid
FROM relation r JOIN pg_constraint c ON c.conrelid = r.oid AND c.contype IN ('p', 'u', 'x')
UNION ALL SELECT 'pg_type'::regclass, rowtype.oid, 'pg_class'::regclass, r.oid
FROM relation r JOIN pg_type rowtype ON rowtype.oid = r.reltype
UNION ALL SELECT 'pg_type'::regclass, rowtype.typarray, 'pg_class'::regclass, r.oid
FROM relation r JOIN pg_type rowtype ON rowtype.oid = r.reltype
UNION ALL SELECT 'pg_type'::regclass, t.typarray, 'pg_type'::regclass, t.oid FROM type t WHERE t.typarray <> 0
UNION ALL SELECT 'pg_class'::regclass, t.typrelid, 'pg_type'::regclass, t.oid FROM type t WHERE t.typrelid <> 0
UNION ALL SELECT 'pg_constraint'::regclass, c.oid, 'pg_type'::regclass, t.oid
FROM type t JOIN pg_constraint c ON c.contypid = t.oid"""

#: (class, object, class, object): the first needs the second. What a sequence is owned by is set later.
NEEDS = """
WITH {relation},{type},{member}, user_object AS (
    SELECT m.classid, m.objid FROM member m
    LEFT JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
    WHERE c.relkind IS DISTINCT FROM 'S'
    UNION ALL SELECT 'pg_attrdef'::regclass, ad.oid FROM relation r JOIN pg_attrdef ad ON ad.adrelid = r.oid
    UNION ALL SELECT 'pg_rewrite'::regclass, w.oid
    FROM relation r JOIN pg_rewrite w ON w.ev_class = r.oid AND w.rulename = '_RETURN'
    UNION ALL SELECT 'pg_constraint'::regclass, c.oid FROM relation r JOIN pg_constraint c ON c.conrelid = r.oid
    UNION ALL SELECT 'pg_class'::regclass, i.indexrelid FROM relation r JOIN pg_index i ON i.indrelid = r.oid
    UNION ALL SELECT 'pg_class'::regclass, t.typrelid FROM type t WHERE t.typrelid <> 0
    UNION ALL SELECT 'pg_constraint'::regclass, c.oid FROM type t JOIN pg_constraint c ON c.contypid = t.oid)
SELECT DISTINCT x.classid, x.objid, x.refclassid, x.refobjid
FROM user_object u CROSS JOIN LATERAL (
    SELECT * FROM pg_depend d WHERE d.classid = u.classid AND d.objid = u.objid OFFSET 0) x
WHERE x.refclassid IN ('pg_class'::regclass, 'pg_type'::regclass, 'pg_proc'::regclass, 'pg_constraint'::regclass)"""

#: The body of a routine in SQL syntax (BEGIN ATOMIC, RETURN) is code to PostgreSQL; any other is text.
ROUTINES = """
SELECT d.classid, p.oid, format('routine %s', p.oid::regprocedure), pg_get_functiondef(p.oid),
    CASE WHEN p.prosqlbody IS NULL THEN p.prosrc END, l.lanname NOT IN ('c', 'internal'),
    (SELECT substr(c, length('search_path=') + 1) FROM unnest(p.proconfig) c
     WHERE starts_with(c, 'search_path=')),
    format('%I.%I(%s)', {target}, p.proname, pg_get_function_identity_arguments(p.oid))
FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid JOIN pg_language l ON l.oid = p.prolang
WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = {ns} AND d.classid = 'pg_proc'::regclass
ORDER BY p.oid"""

#: Whatever of the copy still depends on the source's objects: PostgreSQL knows, whatever the texts looked like.
LEFT_BEHIND = """
WITH copied AS (
    SELECT d.classid, d.objid FROM pg_depend d
    WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = {target_ns}),
part AS (
    SELECT classid, objid FROM copied
    UNION SELECT x.classid, x.objid
    FROM copied c JOIN pg_depend x ON x.refclassid = c.classid AND x.refobjid = c.objid)
SELECT pg_describe_object(x.classid, x.objid, 0) || ' needs ' || pg_describe_object(x.refclassid, x.refobjid, 0)
FROM part p JOIN pg_depend x ON x.classid = p.classid AND x.objid = p.objid
LEFT JOIN pg_class c ON x.refclassid = 'pg_class'::regclass AND c.oid = x.refobjid
LEFT JOIN pg_type t ON x.refclassid = 'pg_type'::regclass AND t.oid = x.refobjid
LEFT JOIN pg_proc r ON x.refclassid = 'pg_proc'::regclass AND r.oid = x.refobjid
WHERE {ns} IN (c.relnamespace, t.typnamespace, r.pronamespace) LIMIT 1"""
