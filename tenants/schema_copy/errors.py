"""Why a schema could not be copied. Each error carries the name of what stood in the way."""

from __future__ import annotations


class SchemaCopyError(Exception):
    """A schema could not be copied; ``name`` is the object that stood in the way."""

    #: What is wrong and what to do; ``{name}`` is the object.
    explanation = "{name}"

    def __init__(self, name: str, reason: str = "") -> None:
        """Name the object; ``reason`` is the server's own message where there is one."""
        super().__init__(self.explanation.format(name=name) + (f": {reason}" if reason else ""))
        self.name = name
        self.reason = reason


class NoTransactionError(SchemaCopyError):
    """The connection commits each statement by itself."""

    explanation = "copying schema {name} needs a transaction: open one on this autocommit connection first"


class UnsafeNameError(SchemaCopyError):
    """The target's name could change the meaning of a text that it is written into."""

    explanation = "{name!r} cannot name the target schema: use letters, digits, spaces and the signs _ . - only"


class SchemaMissingError(SchemaCopyError):
    """There is no such schema."""

    explanation = "there is no schema {name}: create it first"


class SchemaNotEmptyError(SchemaCopyError):
    """The target holds something already."""

    explanation = "the target schema must be empty, but it holds {name}"


class RoleMissingError(SchemaCopyError):
    """``roles`` maps to a role that does not exist."""

    explanation = 'there is no role {name}: create it first, or map to "" to leave its grants out'


class ForeignKeyLeavesSchemaError(SchemaCopyError):
    """A foreign key of the source refers to another schema."""

    explanation = "{name} refers to a table outside the schema: drop it; a schema must stand by itself"


class UnsupportedObjectError(SchemaCopyError):
    """The source holds an object of a kind that is not copied."""

    explanation = "the source schema holds {name}, which cannot be copied: move it out of the schema"


class DependencyCycleError(SchemaCopyError):
    """Objects of the source need each other, so that none can be created first."""

    explanation = "these objects need each other, so none can be created first: {name}"


class ReplayError(SchemaCopyError):
    """The server refused the definition of an object in the target schema."""

    explanation = "the server refused to copy {name}"


class StillRefersToSourceError(SchemaCopyError):
    """An object of the copy depends on the source schema."""

    explanation = "the copy still depends on the source schema: {name}"


class NotATableError(SchemaCopyError):
    """Rows can be copied only between tables that both schemas have."""

    explanation = "{name} is not a table of both schemas, or is a partition of a table that is copied too"


class ForeignKeyCycleError(SchemaCopyError):
    """Tables refer to each other by foreign keys that cannot be deferred."""

    explanation = "no order of copying satisfies the foreign keys between {name}: make one DEFERRABLE"


class RowsNotCopiedError(SchemaCopyError):
    """The server refused the rows of a table."""

    explanation = "the rows of table {name} were not copied"
