"""Copy one PostgreSQL schema to another in the same database, under the same object names.

Raw psycopg, no Django: provisioning copies the template with it, a staging clone copies a retailer.
"""

from __future__ import annotations

from tenants.schema_copy.errors import (
    DependencyCycleError,
    ForeignKeyCycleError,
    ForeignKeyLeavesSchemaError,
    NotATableError,
    NoTransactionError,
    ReplayError,
    RoleMissingError,
    RowsNotCopiedError,
    SchemaCopyError,
    SchemaMissingError,
    SchemaNotEmptyError,
    StillRefersToSourceError,
    UnsafeNameError,
    UnsupportedObjectError,
)
from tenants.schema_copy.rows import copy_rows
from tenants.schema_copy.structure import BegunCopy, begin_copy, copy_structure, finish_copy

__all__ = [
    "BegunCopy",
    "DependencyCycleError",
    "ForeignKeyCycleError",
    "ForeignKeyLeavesSchemaError",
    "NoTransactionError",
    "NotATableError",
    "ReplayError",
    "RoleMissingError",
    "RowsNotCopiedError",
    "SchemaCopyError",
    "SchemaMissingError",
    "SchemaNotEmptyError",
    "StillRefersToSourceError",
    "UnsafeNameError",
    "UnsupportedObjectError",
    "begin_copy",
    "copy_rows",
    "copy_structure",
    "finish_copy",
]
