"""Postal codes and their prefixes, written as they are compared."""

from __future__ import annotations

from collections.abc import Iterable

#: A British inward code has three characters: ``6AN`` of ``E1 6AN``.
_INWARD = 3


def tidy(code: str, country: str) -> str:
    """A postal code in capitals without separators; a British one keeps the space before its inward code."""
    letters = "".join(sign for sign in code.upper() if sign.isalnum())
    if country == "GB" and len(letters) > _INWARD + 1:
        return f"{letters[:-_INWARD]} {letters[-_INWARD:]}"
    return letters


def begins(prefix: str, code: str, country: str) -> bool:
    """Whether a prefix begins a postal code.

    A British prefix ends where its letters or digits end, so that ``E1`` begins ``E1 6AN`` and ``E1W 1AA`` but not
    ``E16 2AB``, and ``E`` does not begin ``EC1A 1BB``.
    """
    if country != "GB":
        return tidy(code, "").startswith("".join(sign for sign in prefix if sign.isalnum()))
    whole, start = tidy(code, country), prefix.strip()
    if not whole.startswith(start):
        return False
    rest = whole[len(start) :]
    return " " in start or not rest or not _goes_on(start[-1], rest[0])


def begins_any(prefixes: Iterable[str], code: str, country: str) -> bool:
    """Whether one of the prefixes begins a postal code."""
    return any(begins(prefix, code, country) for prefix in prefixes)


def _goes_on(last: str, following: str) -> bool:
    return (last.isdigit() and following.isdigit()) or (last.isalpha() and following.isalpha())
