"""Why a whole source file, or the rest of it, cannot be read."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path


class FaultCode(StrEnum):
    """What is wrong with the file."""

    MISSING_FILE = "missing_file"
    IS_A_DIRECTORY = "is_a_directory"
    NOT_A_DIRECTORY = "not_a_directory"
    UNREADABLE = "unreadable"
    EMPTY_FILE = "empty_file"
    NOT_CSV = "not_csv"
    MISSING_COLUMN = "missing_column"
    DUPLICATE_COLUMN = "duplicate_column"
    CORRUPT_GZIP = "corrupt_gzip"
    WRONG_ENCODING = "wrong_encoding"
    UNTERMINATED_QUOTE = "unterminated_quote"
    FIELD_TOO_LONG = "field_too_long"
    MALFORMED_ROW = "malformed_row"
    DUPLICATE_KEY = "duplicate_key"


class SourceFault(Exception):
    """A source file cannot be read on. Lines before the fault have been handed out and stay good.

    `row` is the row at fault (the header is row 1), or the last good row where a damaged file has no next
    one; 0 where the fault is of the file as a whole.
    """

    def __init__(self, code: FaultCode, path: Path, complaint: str, *, row: int = 0) -> None:
        super().__init__(f"{path}: {complaint}")
        self.code = code
        self.path = path
        self.row = row
