"""Turn references to the source schema in SQL text into references to the target.

PostgreSQL writes definitions for us with the source schema on the search path, so nearly every name comes out
bare. What is left: the few names it always writes in full, names hidden by one of ``pg_catalog``, text inside
string literals, and bodies of functions, which are text to PostgreSQL too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_IDENTIFIER = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_LITERAL_OR_NAME = re.compile(
    rf"""(?P<literal>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*')
       | (?<![\w$.])(?P<name>{_IDENTIFIER}(?:\s*\.\s*{_IDENTIFIER})*)""",
    re.VERBOSE | re.DOTALL,
)
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")

#: What a target may be called. It is written into function bodies and literals, where only these are harmless.
SAFE_NAME = re.compile(r"[\w .-]+")


@dataclass(frozen=True, slots=True)
class Repointer:
    """Knows both schemas and which names exist in the source.

    ``target_sql`` is the target as SQL writes it, in double quotes where it needs them. ``shadowed`` are those
    of ``names`` that ``pg_catalog`` has as well: PostgreSQL writes them in full.
    """

    source: str
    target: str
    target_sql: str
    names: frozenset[str]
    shadowed: frozenset[str]
    _in_text: re.Pattern[str] = field(init=False, repr=False)
    _in_body: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        spellings = re.escape('"' + self.source.replace('"', '""') + '"')
        if _PLAIN.fullmatch(self.source):
            spellings += rf'|(?<!")(?i:{self.source})'
        known = rf"(?<![\w.])(?:{spellings})(?P<rest>\s*\.\s*(?P<name>{_IDENTIFIER}))"
        # Dynamic SQL puts the object's name behind the dot later: 'acme.' || name, format('acme.%I', name).
        built = rf"(?<![\w.])(?:{spellings})(?P<dot>\.(?=['%]))"
        object.__setattr__(self, "_in_text", re.compile(known))
        object.__setattr__(self, "_in_body", re.compile(f"{known}|{built}"))

    def code(self, text: str, qualified: int = 0) -> str:
        """Re-point SQL that PostgreSQL wrote; its first ``qualified`` references are always written in full."""
        left = qualified

        def replace(match: re.Match[str]) -> str:
            nonlocal left
            if match["literal"] is not None:
                return self._in_text.sub(self._reference, match["literal"])
            parts = re.findall(_IDENTIFIER, match["name"])
            if len(parts) < 2 or _folded(parts[0]) != self.source:
                return match["name"]
            if left > 0 and _folded(parts[1]) in self.names:
                left -= 1
            elif _folded(parts[1]) not in self.shadowed:
                return match["name"]
            return ".".join((self.target_sql, *parts[1:]))

        return _LITERAL_OR_NAME.sub(replace, text)

    def body(self, text: str) -> str:
        """Re-point the body of a function: ``source.name`` for every name that the source schema has.

        ``info@source.com`` stays, and so does an alias or a variable called like the schema.
        """
        return self._in_body.sub(self._reference, text)

    def search_path(self, setting: str) -> list[str]:
        """The schemas of a ``search_path`` setting, the source replaced by the target."""
        schemas = [_folded(part) for part in re.findall(r'"(?:[^"]|"")*"|[^\s,"]+', setting)]
        return [self.target if schema == self.source else schema for schema in schemas]

    def _reference(self, match: re.Match[str]) -> str:
        groups = match.groupdict()
        if groups["name"] is None:
            return self.target_sql + groups["dot"]
        name = _folded(groups["name"])
        # A dollar sign may belong to the name or be the dollar quote that ends the text.
        if name not in self.names and name.partition("$")[0] not in self.names:
            return match[0]
        return self.target_sql + groups["rest"]


def _folded(identifier: str) -> str:
    """The name that PostgreSQL reads in an identifier."""
    if identifier.startswith('"'):
        return identifier[1:-1].replace('""', '"')
    return identifier.lower()
