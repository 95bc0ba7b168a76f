"""Comparing a document with the standard: names and order of segments, and each element's presence, length and form.

What is not known here is a note and never refuses anything: partners use more of the standard than anyone describes.
"""

from __future__ import annotations

import re
from datetime import date

from orders.channels.x12.findings import Finding, Level, Scope, keep
from orders.channels.x12.segments import (
    DOCUMENTS,
    WORKED_ON,
    Document,
    Element,
    elements_of,
    in_standard,
    title_of,
)
from orders.channels.x12.syntax import Delimiters, File, Group, Segment, TransactionSet, split

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_DECIMAL = re.compile(r"-?(\d+\.?\d*|\.\d+)")
_WHOLE = re.compile(r"-?\d+")
_NAME = re.compile(r"[A-Z][A-Z0-9]{1,2}")


def read(body: bytes) -> File:
    """Split any bytes and check every document in them."""
    result = split(body)
    for interchange in result.interchanges:
        for group, each in interchange.sets:
            check(each, group, interchange.delimiters)
    return result


def check(each: TransactionSet, group: Group, marks: Delimiters) -> None:
    """Add to a document's findings what is wrong with it."""
    document = DOCUMENTS.get(each.code)
    if document is None:
        if re.fullmatch(r"[0-9]{3}", each.code):
            text = f"{each.code} ({title_of(each.code)}) is not supported"
            _add(each, Scope.SET, "1", text, Segment("ST", (), 1), element=1)
        return
    if group.code != document.group:
        text = f"a {each.code} travels in a group {document.group}, this one is {group.code[:4]!r}"
        _add(each, Scope.SET, "", text, Segment("GS", (), 0), element=1, level=Level.NOTE)
    _check_structure(each, document)
    for segment in each.segments:
        _check_elements(each, segment, marks)


def _check_structure(each: TransactionSet, document: Document) -> None:
    inner = [segment for segment in each.segments[1:] if segment.name != "SE"]
    end = Segment("SE", (), len(each.segments))
    if not inner or inner[0].name != document.begins:
        known = next((segment for segment in inner if segment.name == document.begins), None)
        code, text = ("7", "it does not stand after ST") if known else ("3", "the segment is missing")
        _add(each, Scope.SEGMENT, code, text, Segment(document.begins, (), known.position if known else 2))
    area = "heading"
    seen: set[str] = set()
    for segment in inner:
        area = _area(area, segment.name, document)
        fault = _fault(segment, area, document, seen)
        if fault:
            code, text, level = fault
            _add(each, Scope.SEGMENT, code, text, segment, level=level)
        seen.add(segment.name)
    needed = [*([document.detail] if document.needed else []), *document.mandatory]
    for name in needed:
        if name not in seen:
            _add(each, Scope.SEGMENT, "3", "the segment is missing", Segment(name, (), end.position))


def _area(area: str, name: str, document: Document) -> str:
    if name == document.detail and area == "heading":
        return "detail"
    # Only the segment that opens it leads to the summary, or one that stands in no other place.
    if name in document.summary or (area == "detail" and name in document.tail and name not in document.body):
        return "summary"
    return area


def _fault(segment: Segment, area: str, document: Document, seen: set[str]) -> tuple[str, str, Level] | None:
    name = segment.name
    if name == document.begins:
        return ("5", "it stands here a second time", Level.ERROR) if name in seen else None
    allowed = {"heading": document.heading, "detail": document.body, "summary": document.tail}[area]
    if name in allowed:
        repeated = name in seen and name in (*document.mandatory, *document.summary) and area == "summary"
        return ("5", "it stands here a second time", Level.ERROR) if repeated else None
    if not _NAME.fullmatch(name):
        return "1", f"{name[:5]!r} is no name of a segment", Level.ERROR
    elsewhere = name in document.heading | document.body | document.tail
    if elsewhere and area == "summary":
        return "7", "it stands after the end of the lines", Level.ERROR
    if elsewhere:
        return "7", f"it does not belong to the {area}", Level.NOTE
    if in_standard(name):
        return "2", f"a {document.code} has no such segment; it is not looked at", Level.NOTE
    return "1", "the segment is not known; it is not looked at", Level.NOTE


def _check_elements(each: TransactionSet, segment: Segment, marks: Delimiters) -> None:
    described = elements_of(segment.name)
    for number, value in enumerate(segment.elements, 1):
        if _CONTROL.search(value):
            text = "a line break or control character stands inside it"
            _add(each, Scope.ELEMENT, "6", text, segment, element=number)
    if described is None:
        return
    given = len(segment.elements)
    while given > len(described) and not segment[given]:
        given -= 1
    if given > len(described):
        text = f"{segment.name} has {len(described)} elements, here are {given}"
        level = Level.ERROR if segment.name in WORKED_ON else Level.NOTE
        _add(each, Scope.ELEMENT, "3", text, segment, element=len(described) + 1, level=level)
    for number, element in enumerate(described, 1):
        if element is not None:
            _check_element(each, segment, number, element, marks)


def _check_element(each: TransactionSet, segment: Segment, number: int, element: Element, marks: Delimiters) -> None:
    value = segment[number]
    if not value:
        if element.mandatory:
            _add(each, Scope.ELEMENT, "1", "it is missing", segment, element=number)
        return
    fault = fault_of(value, element, marks)
    if fault:
        code, text, level = fault
        level = level if segment.name in WORKED_ON else Level.NOTE
        _add(each, Scope.ELEMENT, code, text, segment, element=number, level=level)


def fault_of(value: str, element: Element, marks: Delimiters) -> tuple[str, str, Level] | None:
    """Code and words of what is wrong with a value, None when nothing is."""
    shown = repr(value[:30])
    length = len(value)
    if element.kind == "DT":
        return None if day(value) else ("8", f"{shown} is no date", Level.ERROR)
    if element.kind == "TM":
        return None if _is_time(value) else ("9", f"{shown} is no time", Level.ERROR)
    if element.kind == "R" or element.kind.startswith("N"):
        form = _DECIMAL if element.kind == "R" else _WHOLE
        if not (value.isascii() and form.fullmatch(value)):
            return "6", f"{shown} is no {'number' if element.kind == 'R' else 'whole number'}", Level.ERROR
        length = len(value.lstrip("-").replace(".", ""))
    if length > element.most:
        # Text that is a little long harms nobody; a number or a code that is too long is something else.
        level = Level.NOTE if element.kind == "AN" and length <= 4 * element.most else Level.ERROR
        return "5", f"it has {length} characters, at most {element.most} are allowed", level
    if length < element.least:
        level = Level.ERROR if element.kind == "ID" and element.mandatory else Level.NOTE
        return "4", f"it has {length} characters, at least {element.least} are needed", level
    if element.kind == "ID" and marks.component in value:
        return "6", f"{shown} has components, this is a plain code", Level.ERROR
    return None


def day(value: str) -> date | None:
    """A date of eight digits, or of six with its century: 51 to 99 are of the last one. None when it is none."""
    if not (value.isascii() and value.isdigit() and len(value) in (6, 8)):
        return None
    if len(value) == 6:
        value = ("19" if value[:2] > "50" else "20") + value
    try:
        return date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        return None


def _is_time(value: str) -> bool:
    if not (value.isascii() and value.isdigit() and 4 <= len(value) <= 8 and len(value) != 5):
        return False
    return value[:2] < "24" and value[2:4] < "60" and (value[4:6] or "00") < "60"


def _add(
    each: TransactionSet, scope: Scope, code: str, text: str, segment: Segment, *, element: int = 0,
    level: Level = Level.ERROR,
) -> None:  # fmt: skip
    value = segment[element] if scope is Scope.ELEMENT else ""
    keep(
        each.findings,
        Finding(
            level=level, scope=scope, code=code, text=text, segment=segment.name, position=segment.position,
            element=element, value=value[:99],
        ),
    )  # fmt: skip
