"""Parts that several catalogue queries share, and the one place where values enter them.

Objects are found through ``pg_depend``, which is indexed by schema: ``pg_class`` is not, and holds the tables of
every retailer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

#: The tables, views, materialised views and sequences of the schema; its indexes are not among them.
RELATION = """relation AS (
    SELECT c.* FROM pg_depend d JOIN pg_class c ON c.oid = d.objid
    WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = {ns} AND d.classid = 'pg_class'::regclass)"""

TYPE = """type AS (
    SELECT t.* FROM pg_depend d JOIN pg_type t ON t.oid = d.objid
    WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = {ns} AND d.classid = 'pg_type'::regclass)"""

# Defaults and constraints that call the schema's own functions are added after these; the rest goes with the
# table or domain. So a function may take a row of the very table whose check calls it.
CALLER = """caller AS (
    SELECT x.classid, x.objid
    FROM pg_depend d JOIN pg_depend x ON x.refclassid = d.classid AND x.refobjid = d.objid
    WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = {ns} AND d.classid = 'pg_proc'::regclass)"""

_COLLATION = """coalesce((
    SELECT format(' COLLATE %I.%I', cn.nspname, co.collname)
    FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace
    WHERE co.oid = {mine} AND {mine} <> {usual}), '')"""

ATTRIBUTE_COLLATION = _COLLATION.replace("{mine}", "a.attcollation").replace("{usual}", "ty.typcollation")

DOMAIN_COLLATION = _COLLATION.replace("{mine}", "t.typcollation").replace("{usual}", "base.typcollation")

SEQUENCE_OPTIONS = """format('START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s%s',
    s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END)"""

# One entry of reloptions or attoptions is the text name=value.
OPTION = """format('%I=%L', split_part(o, '=', 1), substr(o, strpos(o, '=') + 1))"""

IDENTITY = """(
    SELECT format(' GENERATED %s AS IDENTITY (SEQUENCE NAME %I.%I %s)',
        CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END,
        {target}, sc.relname, {sequence_options})
    FROM pg_depend i JOIN pg_sequence s ON s.seqrelid = i.objid JOIN pg_class sc ON sc.oid = i.objid
    WHERE i.refclassid = 'pg_class'::regclass AND i.refobjid = a.attrelid AND i.refobjsubid = a.attnum
        AND i.classid = 'pg_class'::regclass AND i.deptype = 'i')"""

COLUMNS = """(
    SELECT string_agg(concat(
        format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)),
        {attribute_collation},
        CASE a.attcompression WHEN 'p' THEN ' COMPRESSION pglz' WHEN 'l' THEN ' COMPRESSION lz4' END,
        CASE
            WHEN a.attidentity <> '' THEN {identity}
            WHEN a.attgenerated <> '' THEN format(' GENERATED ALWAYS AS (%s) %s', pg_get_expr(ad.adbin, ad.adrelid),
                CASE a.attgenerated WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END)
            WHEN NOT EXISTS (SELECT FROM caller x WHERE x.classid = 'pg_attrdef'::regclass AND x.objid = ad.oid)
                THEN ' DEFAULT ' || pg_get_expr(ad.adbin, ad.adrelid)
        END,
        CASE WHEN a.attnotnull AND NOT EXISTS (
            SELECT FROM pg_constraint n
            WHERE n.conrelid = a.attrelid AND n.contype = 'n' AND a.attnum = ANY (n.conkey)) THEN ' NOT NULL' END
        ), ', ' ORDER BY a.attnum)
    FROM pg_attribute a JOIN pg_type ty ON ty.oid = a.atttypid
    LEFT JOIN pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
    WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped)"""

# PostgreSQL 18 keeps NOT NULL as a named constraint (contype n).
CHECKS = """(
    SELECT string_agg(format('CONSTRAINT %I %s', c.conname, pg_get_constraintdef(c.oid)), ', ' ORDER BY c.oid)
    FROM pg_constraint c
    WHERE c.conrelid = r.oid AND c.contype IN ('c', 'n') AND c.convalidated
        AND NOT EXISTS (SELECT FROM caller x WHERE x.classid = 'pg_constraint'::regclass AND x.objid = c.oid))"""

MEMBER = """member AS (
    SELECT d.classid, d.objid FROM pg_depend d
    WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = {ns}
        AND d.classid IN ('pg_class'::regclass, 'pg_type'::regclass, 'pg_proc'::regclass,
            'pg_statistic_ext'::regclass))"""

COMMENTED = """commented AS (
    SELECT classid, objid FROM member
    UNION ALL SELECT 'pg_namespace'::regclass, {ns}
    UNION ALL SELECT 'pg_class'::regclass, i.indexrelid FROM relation r JOIN pg_index i ON i.indrelid = r.oid
    UNION ALL SELECT 'pg_constraint'::regclass, c.oid FROM relation r JOIN pg_constraint c ON c.conrelid = r.oid
    UNION ALL SELECT 'pg_trigger'::regclass, t.oid FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid
    UNION ALL SELECT 'pg_policy'::regclass, p.oid FROM relation r JOIN pg_policy p ON p.polrelid = r.oid
    UNION ALL SELECT 'pg_rewrite'::regclass, w.oid FROM relation r JOIN pg_rewrite w ON w.ev_class = r.oid
    UNION ALL SELECT 'pg_class'::regclass, t.typrelid FROM member m JOIN pg_type t ON t.oid = m.objid
        WHERE m.classid = 'pg_type'::regclass AND t.typtype = 'c'
    UNION ALL SELECT 'pg_constraint'::regclass, c.oid FROM member m JOIN pg_constraint c ON c.contypid = m.objid
        WHERE m.classid = 'pg_type'::regclass)"""

_IN_ORDER = {
    "relation": RELATION,
    "type": TYPE,
    "caller": CALLER,
    "attribute_collation": ATTRIBUTE_COLLATION,
    "domain_collation": DOMAIN_COLLATION,
    "sequence_options": SEQUENCE_OPTIONS,
    "option": OPTION,
    "identity": IDENTITY,
    "columns": COLUMNS,
    "checks": CHECKS,
    "member": MEMBER,
    "commented": COMMENTED,
}


@dataclass(frozen=True, slots=True)
class Schemas:
    """The two schemas of a copy, and the role in the target for each role in the source that differs.

    ``target_sql`` is the target's name as SQL writes it: in double quotes where it needs them.
    """

    source: str
    target: str
    target_sql: str
    source_oid: int
    target_oid: int
    roles: Mapping[str, str]

    def fill(self, query: str, **more: str | sql.Composable) -> sql.Composed:
        """Put shared parts, ``more`` parts and values into a query.

        ``{source}``, ``{target}`` and ``{roles}`` (a JSON object) become literals, ``{ns}`` and ``{target_ns}`` the
        oids of the schemas.
        """
        parts: dict[str, sql.Composable] = {
            "source": sql.Literal(self.source),
            "target": sql.Literal(self.target),
            "ns": sql.SQL(str(self.source_oid)),
            "target_ns": sql.SQL(str(self.target_oid)),
            "roles": sql.Literal(json.dumps(dict(self.roles))),
        }
        for name, part in {**_IN_ORDER, **more}.items():
            parts[name] = sql.SQL(part).format(**parts) if isinstance(part, str) else part
        return sql.SQL(query).format(**parts)
