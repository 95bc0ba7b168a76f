"""Grants of the copy: what the source has and the copy has not yet, and the other way round.

The copy's objects come with the database's default privileges, so both sides are compared instead of the source's
grants being written out. An owner's grants become those of the copy's owner.
"""

from __future__ import annotations

import psycopg

from tenants.schema_copy.fragments import Schemas
from tenants.schema_copy.session import Statement, batch

#: Each object of the source and its copy, found by kind, name and column or arguments; and which role is which.
_PAIRS = """
side(ns, original) AS (VALUES ({ns}::oid, true), ({target_ns}::oid, false)),
object AS (
    SELECT s.original, 1 AS place, 'SCHEMA' AS kind, '' AS name, '' AS detail, 'pg_namespace'::regclass AS classid,
        n.oid AS objid, 0 AS objsubid, n.nspowner AS owner, n.nspacl AS acl, acldefault('n', n.nspowner) AS usual
    FROM side s JOIN pg_namespace n ON n.oid = s.ns
    UNION ALL
    SELECT s.original, 2, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.relname, '', d.classid,
        c.oid, 0, c.relowner, c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner)
    FROM side s JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = s.ns
    JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
    UNION ALL
    SELECT s.original, 3, 'TABLE', c.relname, quote_ident(a.attname), d.classid,
        c.oid, a.attnum, c.relowner, a.attacl, acldefault('c', c.relowner)
    FROM side s JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = s.ns
    JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
    JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
    UNION ALL
    SELECT s.original, 4, 'ROUTINE', p.proname,
        (SELECT concat('(', string_agg(
            CASE t.typnamespace WHEN s.ns THEN quote_ident(t.typname) ELSE t.oid::text END, ',' ORDER BY a.place))
         FROM unnest(p.proargtypes) WITH ORDINALITY AS a(type, place) JOIN pg_type t ON t.oid = a.type),
        d.classid, p.oid, 0, p.proowner, p.proacl, acldefault('f', p.proowner)
    FROM side s JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = s.ns
    JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
    UNION ALL
    SELECT s.original, 5, 'TYPE', t.typname, '', d.classid, t.oid, 0,
        t.typowner, t.typacl, acldefault('T', t.typowner)
    FROM side s JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = s.ns
    JOIN pg_type t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid),
pair AS (
    SELECT t.place, t.kind, t.detail, t.classid, t.objid, t.objsubid, t.owner, coalesce(t.acl, t.usual) AS target_acl,
        s.owner AS source_owner, coalesce(s.acl, s.usual) AS source_acl
    FROM object t JOIN object s ON s.kind = t.kind AND s.name = t.name AND s.detail = t.detail
    WHERE s.original AND NOT t.original AND (s.acl IS NOT NULL OR t.acl IS NOT NULL)),
role(source, target) AS (
    SELECT a.oid, b.oid FROM pg_roles a
    JOIN pg_roles b ON b.rolname = coalesce({roles}::jsonb ->> a.rolname::text, a.rolname)
    UNION ALL SELECT 0, 0)"""

_GRANTS = """
WITH {pairs},
entry AS (
    SELECT p.*, CASE e.grantor WHEN p.source_owner THEN p.owner ELSE grantor.target END AS grantor,
        CASE e.grantee WHEN p.source_owner THEN p.owner ELSE grantee.target END AS grantee,
        e.privilege_type, e.is_grantable AS wanted, NULL::boolean AS present, e.position
    FROM pair p CROSS JOIN aclexplode(p.source_acl)
        WITH ORDINALITY AS e(grantor, grantee, privilege_type, is_grantable, position)
    LEFT JOIN role grantor ON grantor.source = e.grantor
    LEFT JOIN role grantee ON grantee.source = e.grantee
    UNION ALL
    SELECT p.*, e.grantor, e.grantee, e.privilege_type, NULL, e.is_grantable, NULL
    FROM pair p CROSS JOIN aclexplode(p.target_acl) e),
difference AS (
    SELECT place, kind, detail, classid, objid, objsubid, owner, grantor, grantee, privilege_type,
        bool_or(wanted) AS wanted, bool_or(present) AS present, min(position) AS position
    FROM entry WHERE grantor IS NOT NULL AND grantee IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 HAVING bool_or(wanted) IS DISTINCT FROM bool_or(present)),
grouped AS (
    SELECT change.verb, d.place, d.kind, d.classid, d.objid, d.owner, d.grantor, d.grantee, change.grantable,
        string_agg(d.privilege_type || CASE WHEN d.objsubid <> 0 THEN format(' (%s)', d.detail) ELSE '' END, ', '
            ORDER BY d.objsubid, d.privilege_type) AS privileges, min(d.position) AS position
    FROM difference d
    CROSS JOIN LATERAL (
        SELECT 'REVOKE' AS verb, false AS grantable WHERE d.present IS NOT NULL
        UNION ALL SELECT 'GRANT', d.wanted WHERE d.wanted IS NOT NULL) change
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9),
g AS (
    SELECT grouped.*, identity.text AS identity, format('%s %s ON %s %s %s %s%s', verb, privileges, kind,
        identity.text, CASE verb WHEN 'GRANT' THEN 'TO' ELSE 'FROM' END,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
        CASE WHEN grantable THEN ' WITH GRANT OPTION' END) AS statement
    FROM grouped CROSS JOIN LATERAL (SELECT CASE kind
        WHEN 'SCHEMA' THEN quote_ident({target}) WHEN 'ROUTINE' THEN objid::regprocedure::text
        WHEN 'TYPE' THEN objid::regtype::text ELSE objid::regclass::text END AS text) identity)
SELECT format('grant on %s %s', lower(g.kind), g.identity),
    CASE WHEN g.grantor = g.owner AND pg_has_role(g.grantor, 'USAGE') THEN g.statement
    ELSE format({as_grantor}, pg_get_userbyid(g.grantor), g.statement, current_setting('role')) END
FROM g ORDER BY g.verb DESC, g.place, g.grantor <> g.owner, g.objid, g.position"""

#: What the target has beyond the source's stays: somebody put it there before the copy.
_DEFAULT_PRIVILEGES = """
WITH {pairs},
entry AS (
    SELECT owner.target AS owner, d.defaclobjtype AS kind, grantee.target AS grantee, e.privilege_type, e.is_grantable
    FROM pg_default_acl d CROSS JOIN aclexplode(d.defaclacl) e
    JOIN role owner ON owner.source = d.defaclrole JOIN role grantee ON grantee.source = e.grantee
    WHERE d.defaclnamespace = {ns}
    EXCEPT
    SELECT d.defaclrole, d.defaclobjtype, e.grantee, e.privilege_type, e.is_grantable
    FROM pg_default_acl d CROSS JOIN aclexplode(d.defaclacl) e WHERE d.defaclnamespace = {target_ns}),
g AS (
    SELECT owner, format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT %s ON %s TO %s%s',
        pg_get_userbyid(owner), {target}, string_agg(privilege_type, ', ' ORDER BY privilege_type),
        CASE kind WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' ELSE 'TYPES' END,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
        CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END) AS statement
    FROM entry GROUP BY owner, kind, grantee, is_grantable)
SELECT format('default privileges of role %s', pg_get_userbyid(g.owner)),
    CASE WHEN pg_has_role(g.owner, 'USAGE') THEN g.statement
    ELSE format({as_grantor}, pg_get_userbyid(g.owner), g.statement, current_setting('role')) END
FROM g ORDER BY g.statement"""

#: A role that grants, but lends its rights to us only when we take it on.
_AS_GRANTOR = "'SET LOCAL ROLE %I; %s; SET LOCAL ROLE %L'"


def privilege_statements(connection: psycopg.Connection[object], schemas: Schemas) -> list[Statement]:
    """What makes the grants and default privileges of the copy those of the source.

    To be called with only ``pg_catalog`` on the search path.
    """
    queries = [schemas.fill(query, pairs=_PAIRS, as_grantor=_AS_GRANTOR) for query in (_GRANTS, _DEFAULT_PRIVILEGES)]
    return [Statement(*row) for rows in batch(connection, queries) for row in rows]
