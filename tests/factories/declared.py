"""factory-boy's declarations, which carry no types of their own."""

from __future__ import annotations

from typing import Any

from factory import declarations

Sequence: Any = declarations.Sequence
LazyAttribute: Any = declarations.LazyAttribute
LazyFunction: Any = declarations.LazyFunction
