"""Texts with named fields: ``Order {order} is on its way``.

There is no code in them: no conditions, formats or attributes. What is filled in is never looked at for fields again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_FIELD = re.compile(r"\{([^{}]*)\}")
_BRACES = re.compile(r"[{}]")


class BadWording(ValueError):
    """A text names what there is not; the message says which, for people."""


def wording_check(text: str, *, known: Collection[str]) -> None:
    """Raises :class:`BadWording` for an unknown field or a brace that belongs to none."""
    for name in _FIELD.findall(text):
        if name not in known:
            message = f"There is no field {{{name}}} here. There are: {', '.join(f'{{{each}}}' for each in known)}."
            raise BadWording(message)
    if _BRACES.search(_FIELD.sub("", text)):
        message = "A brace has no partner: a field is written {order}."
        raise BadWording(message)


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its fields filled in. Raises ``KeyError`` for one without a value."""
    return _FIELD.sub(lambda found: values[found.group(1)], text)


def one_line(text: str) -> str:
    """As a header of a mail can hold it."""
    return " ".join(text.split())
