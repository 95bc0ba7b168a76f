"""Keep PostgreSQL's parser from reading a definition a little differently from how it wrote it.

PostgreSQL writes ``status IN ('a', 'b')`` on a varchar column as ``(ARRAY['a'::character varying, …])::text[]``.
When it reads that, it moves the cast into the array; and it merges ``(a AND b) AND c``, which ``BETWEEN`` leaves
behind, into one ``AND`` of three. Both mean the same, but a dump of the copy would differ from one of its source.
A cast to the type that an expression has already makes no difference but to stop the parser from doing so.
"""

from __future__ import annotations

import re

_LITERAL = r"'(?:[^']|'')*'"
_PLACE = re.compile(
    rf"""(?P<array>\(ARRAY\[{_LITERAL}::(?P<type>[a-z\ ]+)(?:,\ {_LITERAL}::(?P=type))*\])(?=\)::)
       | (?P<group>(?<=\))\)(?=\ (?:AND|OR)\ ))
       | [eE]'(?:[^'\\]|\\.|'')*' | {_LITERAL} | "(?:[^"]|"")*" """,
    re.VERBOSE | re.DOTALL,
)


def read_as_written(definition: str) -> str:
    """Add those casts to a definition that PostgreSQL wrote."""
    return _PLACE.sub(_cast, definition)


def _cast(match: re.Match[str]) -> str:
    if match["array"]:
        return f"{match['array']}::{match['type']}[]"
    return f"{match[0]}::boolean" if match["group"] else match[0]
