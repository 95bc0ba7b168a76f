"""Writing interchanges: segments are typed by their module, here they get delimiters, envelopes and numbers.

X12 has no way to escape a delimiter, so text is cleaned of them (:func:`plain`), and a name or number that holds one
is refused. An interchange is written with the number 0 and without a time; :func:`stamp` puts in those of its delivery.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from orders.channels.x12.syntax import Delimiters

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
#: The largest control number of an interchange.
MOST_CONTROL = 999_999_999


class Unwritable(ValueError):
    """A value cannot stand in an interchange; the message names it, in words for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who sends to whom. Identifiers of the groups are those of the interchange where they are empty."""

    sender: tuple[str, str]
    receiver: tuple[str, str]
    version: str = "004010"
    test: bool = False
    group_sender: str = ""
    group_receiver: str = ""
    marks: Delimiters = field(default_factory=Delimiters)
    line_breaks: bool = True


@dataclass(slots=True)
class Draft:
    """A document while it is written."""

    code: str
    group: str
    segments: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, name: str, *elements: str) -> None:
        """A segment; empty elements at its end are left out, and a segment without any is."""
        kept = list(elements)
        while kept and not kept[-1]:
            kept.pop()
        if kept:
            self.segments.append((name, *kept))


def plain(text: str, limit: int, marks: Delimiters | None = None) -> str:
    """Text as X12 can hold it: ASCII on one line without delimiters, cut to ``limit``."""
    used = marks or Delimiters()
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    for mark in (used.element, used.component, used.segment, used.repetition):
        folded = folded.replace(mark, " ") if mark else folded
    return " ".join(_CONTROL.sub(" ", folded).split())[:limit].rstrip()


def number(value: Decimal | int) -> str:
    """A decimal as type R writes it: no trailing zeros, no exponent."""
    text = f"{Decimal(value):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("", "-0") else text


def cents(value: Decimal) -> str:
    """An amount with two implied decimals (N2). Raises :class:`Unwritable` where it has more."""
    exact = value * 100
    if exact != exact.to_integral_value():
        message = f"{value:f} has more than two decimals and cannot be written as N2"
        raise Unwritable(message)
    return f"{int(exact)}"


def interchange(drafts: Sequence[Draft], envelope: Envelope, *, answers: Iterable[tuple[str, ...]] = ()) -> bytes:
    """An interchange with a group for each kind of document, unnumbered. Raises :class:`Unwritable`."""
    marks = envelope.marks
    late = envelope.version >= "004020"
    isa = (
        "ISA", "00", " " * 10, "00", " " * 10, *_party(envelope.sender), *_party(envelope.receiver), "000000", "0000",
        (marks.repetition or "^") if late else "U", f"00{envelope.version[2:5]}", "0" * 9, "0",
        "T" if envelope.test else "P", marks.component,
    )  # fmt: skip
    written = [marks.element.join(isa)]
    written += [_joined(segment, marks) for segment in answers]
    groups = list(dict.fromkeys(draft.group for draft in drafts))
    for code in groups:
        chosen = [draft for draft in drafts if draft.group == code]
        sender = envelope.group_sender or envelope.sender[1]
        receiver = envelope.group_receiver or envelope.receiver[1]
        empty = "0" * (8 if envelope.version >= "004010" else 6)
        written.append(_joined(("GS", code, sender, receiver, empty, "0000", "0", "X", envelope.version), marks))
        for control, draft in enumerate(chosen, 1):
            written += _document(draft, f"{control:04d}", marks)
        written.append(_joined(("GE", str(len(chosen)), "0"), marks))
    written.append(_joined(("IEA", str(len(groups)), "0" * 9), marks))
    end = marks.segment + ("\n" if envelope.line_breaks and marks.segment not in "\r\n" else "")
    return "".join(each + end for each in written).encode("ascii")


def stamp(payload: bytes, control: int, at: datetime) -> bytes:
    """The same interchange with its control number and time. A group's number follows from the interchange's.

    Raises :class:`Unwritable` where the number is used up.
    """
    if not 0 < control <= MOST_CONTROL:
        message = f"{control} is no control number between 1 and {MOST_CONTROL:,}"
        raise Unwritable(message)
    text = payload.decode("ascii")
    element, mark = text[3], text[105]
    day, minute = at.strftime("%Y%m%d"), at.strftime("%H%M")
    segments = []
    for raw in text.split(mark):
        lead, body = raw[: len(raw) - len(raw.lstrip("\r\n"))], raw.lstrip("\r\n")
        parts = body.split(element)
        if parts[0] == "ISA":
            parts[9], parts[10], parts[13] = day[2:], minute, f"{control:09d}"
        elif parts[0] == "GS":
            parts[4], parts[5], parts[6] = day[-len(parts[4]) :], minute, str(control)
        elif parts[0] == "GE":
            parts[2] = str(control)
        elif parts[0] == "IEA":
            parts[2] = f"{control:09d}"
        segments.append(lead + element.join(parts))
    return mark.join(segments).encode("ascii")


def _document(draft: Draft, control: str, marks: Delimiters) -> list[str]:
    segments = [("ST", draft.code, control), *draft.segments, ("SE", str(len(draft.segments) + 2), control)]
    return [_joined(segment, marks) for segment in segments]


def _joined(segment: tuple[str, ...], marks: Delimiters) -> str:
    for place, value in enumerate(segment):
        found = [mark for mark in (marks.element, marks.component, marks.segment) if mark in value]
        if found or _CONTROL.search(value) or not value.isascii():
            message = f"{segment[0]}{place:02d} {value[:40]!r} holds a character that cannot be written"
            raise Unwritable(message)
    return marks.element.join(segment)


def _party(named: tuple[str, str]) -> tuple[str, str]:
    qualifier, identifier = named
    if len(qualifier) != 2 or not 1 < len(identifier) <= 15:
        message = f"{qualifier}/{identifier} is no sender or receiver: two characters and two to fifteen"
        raise Unwritable(message)
    return qualifier, identifier.ljust(15)
