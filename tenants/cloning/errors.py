"""What may stand in the way of a staging clone."""

from __future__ import annotations


class CannotClone(RuntimeError):
    """The clone cannot be made as asked; nothing was changed. The message says why and what to do."""


class CloneBusy(CannotClone):
    """Somebody else holds what the clone needs; trying again later may do."""


class UndeclaredTable(CannotClone):
    """A table of which no app says how it travels. ``tables`` names them."""

    def __init__(self, tables: list[str]) -> None:
        self.tables = tables
        super().__init__(
            f"no app says how these tables travel into a staging clone: {', '.join(tables)}; "
            "add them to TRAVEL in travel.py of their app"
        )


class NoClone(LookupError):
    """The retailer has no staging clone."""

    def __init__(self, source: str) -> None:
        super().__init__(f"{source} has no staging clone")
