"""Splitting bytes into interchanges, groups, transaction sets and segments, by the delimiters that each ISA names.

Any bytes give a result; what is wrong with them is told by findings. Control numbers and counts of the envelopes are
compared here, what lies inside a set in :mod:`~orders.channels.x12.checking`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from orders.channels.x12.findings import Finding, Level, Scope, keep

#: Bytes, segments of a file and elements of a segment that are read.
MOST_BYTES = 20_000_000
MOST_SEGMENTS = 300_000
MOST_ELEMENTS = 120

_ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
_ISA_CODES = (
    "010", "011", "012", "013", "005", "006", "007", "008", "014", "015", "016", "017", "018", "019", "020", "027",
)  # fmt: skip
#: Identifiers of sender and receiver: mail programs eat their padding, which harms nothing.
_PADDED = (6, 8)
#: Elements of the ISA that hold a delimiter.
_MARKS = (11, 16)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
#: Information separators (1C to 1F) are delimiters as well, so this is not ``\\s``.
_START = re.compile(r"ISA[^A-Za-z0-9 \t\r\n]")


@dataclass(frozen=True, slots=True)
class Delimiters:
    """What parts elements, components, repetitions and segments; ``repetition`` is empty before version 00402."""

    element: str = "*"
    component: str = ">"
    segment: str = "~"
    repetition: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """``elements`` without the name; ``position`` counts from the ST of its set as 1, else from the ISA."""

    name: str
    elements: tuple[str, ...]
    position: int

    def __getitem__(self, number: int) -> str:
        """Element by its number from 1, without blanks around it; empty where there is none."""
        return self.elements[number - 1].strip() if 0 < number <= len(self.elements) else ""


@dataclass(slots=True)
class TransactionSet:
    """One document, ST to SE. ``complete`` is False where its SE is missing."""

    code: str
    control: str
    segments: list[Segment] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    complete: bool = False

    @property
    def errors(self) -> list[Finding]:
        """What keeps it from being worked on."""
        return [each for each in self.findings if each.level is Level.ERROR]


@dataclass(slots=True)
class Group:
    """Documents of one kind, GS to GE."""

    header: Segment
    sets: list[TransactionSet] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    complete: bool = False
    #: Number of sets that GE states, as it stands there.
    stated: str = ""

    @property
    def code(self) -> str:
        """GS01: PO, PR, SH, IN, IB, FA …"""
        return self.header[1]

    @property
    def control(self) -> str:
        """GS06."""
        return self.header[6]

    @property
    def version(self) -> str:
        """GS08: 004010, 004010X357 …"""
        return self.header[8]

    @property
    def errors(self) -> list[Finding]:
        """What keeps all of it from being worked on."""
        return [each for each in self.findings if each.level is Level.ERROR]


@dataclass(slots=True)
class Interchange:
    """ISA to IEA."""

    header: Segment
    delimiters: Delimiters
    groups: list[Group] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    #: TA1 segments: what the other side says of interchanges that we sent.
    answers: list[Segment] = field(default_factory=list)
    complete: bool = False

    @property
    def control(self) -> str:
        """ISA13."""
        return self.header[13]

    @property
    def sender(self) -> tuple[str, str]:
        """Qualifier and identifier."""
        return self.header[5], self.header[6]

    @property
    def receiver(self) -> tuple[str, str]:
        """Qualifier and identifier."""
        return self.header[7], self.header[8]

    @property
    def errors(self) -> list[Finding]:
        """What keeps all of it from being worked on."""
        return [each for each in self.findings if each.level is Level.ERROR]

    @property
    def sets(self) -> Iterator[tuple[Group, TransactionSet]]:
        """All documents with their groups."""
        return ((group, each) for group in self.groups for each in group.sets)


@dataclass(slots=True)
class File:
    """What was found in some bytes. ``findings`` are about what lies outside every interchange."""

    interchanges: list[Interchange] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def split(body: bytes) -> File:
    """Read any bytes. Never raises."""
    result = File()
    if len(body) > MOST_BYTES:
        text = f"the file has {len(body):,} bytes; at most {MOST_BYTES:,} are read"
        result.findings.append(_interchange("024", text))
        return result
    text = _unwrapped(_decoded(body))
    at = _next_start(text, 0)
    if text[:at].strip():
        result.findings.append(_interchange("022", "something stands before the first ISA"))
    budget = MOST_SEGMENTS
    while at < len(text):
        found = _header(text, at)
        if isinstance(found, Finding):
            result.findings.append(found)
            break
        interchange, at = found
        at, budget = _Reader(interchange, text, at, budget).read()
        result.interchanges.append(interchange)
        following = _next_start(text, at)
        if text[at:following].strip():
            note = _interchange("022", "something that is no ISA follows the IEA", level=Level.NOTE)
            keep(interchange.findings, note)
        at = following
    if not result.interchanges and not result.findings:
        result.findings.append(_interchange("022", "there is no ISA: this is no X12 interchange"))
    return result


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("latin-1")


def _unwrapped(text: str) -> str:
    """Without line breaks after each so many characters (80, mostly), as some networks put them in."""
    breaks = "\r\n" if "\r\n" in text else "\n"
    lines = text.rstrip("\r\n").split(breaks)
    width = len(lines[0])
    # A break inside the ISA cannot be the mark that ends segments.
    wrapped = len(lines) > 1 and 40 <= width < 105 and _START.match(text) is not None
    if not wrapped or any(len(line) != width for line in lines[:-1]) or len(lines[-1]) > width:
        return text
    return "".join(lines)


def _next_start(text: str, at: int) -> int:
    found = _START.search(text, at)
    return found.start() if found else len(text)


def _header(text: str, at: int) -> tuple[Interchange, int] | Finding:
    """The ISA by its separators, so that one whose blanks were eaten can still be named and refused."""
    element = text[at + 3]
    window = text[at : at + 400]
    parts = window.split(element, 16)
    if len(parts) < 17 or len(parts[16]) < 2:
        return _interchange("022", "the ISA is cut off or has fewer than 16 elements", segment="ISA", position=1)
    length = len(window) - len(parts[16])
    component, terminator = parts[16][0], parts[16][1]
    values = (*parts[1:16], component)
    repetition = values[10] if values[11] >= "00402" and not values[10].isalnum() else ""
    header = Segment("ISA", values, 1)
    interchange = Interchange(header, Delimiters(element, component, terminator, repetition))
    _check_header(interchange)
    return interchange, at + length + 2


def _check_header(interchange: Interchange) -> None:
    header, marks = interchange.header, interchange.delimiters
    for number, (value, width) in enumerate(zip(header.elements, _ISA_WIDTHS, strict=True), 1):
        code = _ISA_CODES[number - 1]
        if number not in _MARKS and _CONTROL.search(value):
            interchange.findings.append(_isa(number, code, "a line break or control character stands inside it"))
        elif len(value) != width:
            padded = number in _PADDED and 2 <= len(value.strip()) <= width
            text = f"it has {len(value)} characters, not {width}"
            interchange.findings.append(_isa(number, code, text, Level.NOTE if padded else Level.ERROR))
    if not re.fullmatch(r"[0-9]{9}", header.elements[12]):
        interchange.findings.append(_isa(13, "018", f"{header[13][:20]!r} is no control number of nine digits"))
    # ISA06 and ISA08 name who speaks to whom; without them nothing can be answered.
    for number in _PADDED:
        if not header[number]:
            interchange.findings.append(_isa(number, _ISA_CODES[number - 1], "it is empty"))
    named = [marks.element, marks.component, marks.segment, *filter(None, [marks.repetition])]
    if len(set(named)) != len(named):
        interchange.findings.append(_isa(16, "026", "the same character parts elements, components or segments"))
    if marks.segment.isalnum() or marks.segment in " \t":
        interchange.findings.append(_isa(16, "004", f"{marks.segment!r} after it cannot end segments"))
    if not re.fullmatch(r"00[2-9][0-9]{2}", header[12]):
        interchange.findings.append(_isa(12, "017", f"version {header[12][:10]!r} is not known", Level.NOTE))


class _Reader:
    """Reads one interchange from after its ISA to its IEA, or as far as it goes."""

    def __init__(self, interchange: Interchange, text: str, at: int, budget: int) -> None:
        self.interchange, self.text, self.at, self.budget = interchange, text, at, budget
        self.marks = interchange.delimiters
        self.position = 1
        self.group: Group | None = None
        self.set: TransactionSet | None = None
        self.controls: set[str] = set()

    def read(self) -> tuple[int, int]:
        """Where the next one may begin, and how many more segments may be read."""
        while not self.interchange.complete:
            raw = self._next()
            if raw is None:
                break
            self._take(self._segment(raw))
        self._close_set()
        self._close_group()
        if not self.interchange.complete:
            keep(self.interchange.findings, _interchange("023", "the interchange ends without its IEA", segment="IEA"))
        return self.at, self.budget

    def _next(self) -> str | None:
        """The next segment that holds anything; None at the end or where another ISA begins."""
        text, mark = self.text, self.marks.segment
        while self.at < len(text):
            if text[self.at] in "\r\n\t ":
                self.at += 1
                continue
            if text.startswith(f"ISA{self.marks.element}", self.at):
                return None
            self.budget -= 1
            if self.budget < 0:
                keep(self.interchange.findings, _interchange("024", f"it has more than {MOST_SEGMENTS:,} segments"))
                self.at = len(text)
                return None
            end = text.find(mark, self.at)
            start, stop = self.at, len(text) if end < 0 else end
            self.at = stop + 1
            # A file that was cut off runs into the one that follows it.
            another = text.find(f"ISA{self.marks.element}00{self.marks.element}", start, stop)
            if another >= 0:
                stop = self.at = another
            found = text[start:stop].rstrip("\r\n" if mark not in "\r\n" else "\r")
            if found:
                return found
        return None

    def _segment(self, raw: str) -> Segment:
        self.position += 1
        position = len(self.set.segments) + 1 if self.set else self.position
        name, *elements = raw.split(self.marks.element, MOST_ELEMENTS + 1)
        return Segment(name.strip()[:10], tuple(elements[:MOST_ELEMENTS]), position)

    def _take(self, segment: Segment) -> None:
        handler = {
            "GS": self._start_group, "GE": self._end_group, "ST": self._start_set, "SE": self._end_set,
            "IEA": self._end, "TA1": self._answer,
        }.get(segment.name)  # fmt: skip
        if handler:
            handler(segment)
        elif self.set is not None:
            self.set.segments.append(segment)
        else:
            text = f"segment {segment.name!r} stands outside every document"
            keep(self.interchange.findings, _interchange("022", text, segment=segment.name, position=segment.position))

    def _answer(self, segment: Segment) -> None:
        self.interchange.answers.append(segment)

    def _start_group(self, segment: Segment) -> None:
        self._close_set()
        self._close_group()
        self.group = Group(Segment("GS", segment.elements, self.position))
        self.controls = set()
        self.interchange.groups.append(self.group)
        if not re.fullmatch(r"[0-9]{1,9}", self.group.control):
            keep(self.group.findings, _group("6", f"{self.group.control[:20]!r} is no control number", "GS", 6))
        if not re.fullmatch(r"00[2-9][0-9]{3}.{0,6}", self.group.version):
            keep(self.group.findings, _group("2", f"version {self.group.version[:20]!r} is not known", "GS", 8))

    def _end_group(self, segment: Segment) -> None:
        self._close_set()
        if self.group is None:
            text = "a group ends that has not begun"
            keep(self.interchange.findings, _interchange("022", text, segment="GE", position=self.position))
            return
        self.group.complete, self.group.stated = True, segment[1]
        if _number(segment[1]) != len(self.group.sets):
            text = f"GE01 states {segment[1][:12] or 'no'} documents, there are {len(self.group.sets)}"
            keep(self.group.findings, _group("5", text, "GE", 1))
        if not _same(segment[2], self.group.control):
            text = f"GE02 is {segment[2][:20]!r}, GS06 is {self.group.control[:20]!r}"
            keep(self.group.findings, _group("4", text, "GE", 2))
        self.group = None

    def _close_group(self) -> None:
        if self.group is not None:
            keep(self.group.findings, _group("3", "the group ends without its GE", "GE"))
            self.group = None

    def _start_set(self, segment: Segment) -> None:
        self._close_set()
        if self.group is None:
            text = "a document begins outside every group"
            keep(self.interchange.findings, _interchange("022", text, segment="ST", position=self.position))
            self.group = Group(Segment("GS", (), self.position))
            self.interchange.groups.append(self.group)
        self.set = TransactionSet(segment[1], segment[2], [Segment("ST", segment.elements, 1)])
        self.group.sets.append(self.set)
        if not re.fullmatch(r"[0-9]{3}", self.set.code):
            keep(self.set.findings, _set("6", f"{self.set.code[:10]!r} is no kind of document", "ST", 1, 1))
        if not re.fullmatch(r"[A-Za-z0-9]{4,9}", self.set.control):
            keep(self.set.findings, _set("7", f"{self.set.control[:20]!r} is no control number", "ST", 1, 2))
        elif self.set.control in self.controls:
            keep(self.set.findings, _set("7", f"the control number {self.set.control} is used twice", "ST", 1, 2))

        self.controls.add(self.set.control)

    def _end_set(self, segment: Segment) -> None:
        if self.set is None:
            text = "a document ends that has not begun"
            keep(self.interchange.findings, _interchange("022", text, segment="SE", position=self.position))
            return
        self.set.segments.append(segment)
        self.set.complete = True
        at = segment.position
        if _number(segment[1]) != len(self.set.segments):
            text = f"SE01 states {segment[1][:12] or 'no'} segments, there are {len(self.set.segments)}"
            keep(self.set.findings, _set("4", text, "SE", at, 1))
        if segment[2] != self.set.control:
            text = f"SE02 is {segment[2][:20]!r}, ST02 is {self.set.control[:20]!r}"
            keep(self.set.findings, _set("3", text, "SE", at, 2))
        self.set = None

    def _close_set(self) -> None:
        if self.set is not None:
            at = len(self.set.segments) + 1
            keep(self.set.findings, _set("2", "the document ends without its SE", "SE", at))
            self.set = None

    def _end(self, segment: Segment) -> None:
        self.interchange.complete = True
        self._close_set()
        self._close_group()
        at, groups = self.position, len(self.interchange.groups)
        if _number(segment[1]) != groups and not (self.interchange.answers and not groups):
            text = f"IEA01 states {segment[1][:12] or 'no'} groups, there are {groups}"
            finding = _interchange("021", text, segment="IEA", position=at, element=1)
            keep(self.interchange.findings, finding)
        if not _same(segment[2], self.interchange.control):
            text = f"IEA02 is {segment[2][:20]!r}, ISA13 is {self.interchange.control[:20]!r}"
            keep(self.interchange.findings, _interchange("001", text, segment="IEA", position=at, element=2))


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) else None


def _same(left: str, right: str) -> bool:
    """Control numbers are the same with and without leading zeros."""
    return bool(left) and (left == right or (_number(left) is not None and _number(left) == _number(right)))


def _interchange(
    code: str, text: str, *, segment: str = "", position: int = 0, element: int = 0, level: Level = Level.ERROR
) -> Finding:
    return Finding(
        level=level, scope=Scope.INTERCHANGE, code=code, text=text, segment=segment, position=position, element=element
    )


def _isa(element: int, code: str, text: str, level: Level = Level.ERROR) -> Finding:
    return _interchange(code, text, segment="ISA", position=1, element=element, level=level)


def _group(code: str, text: str, segment: str, element: int = 0) -> Finding:
    return Finding(level=Level.ERROR, scope=Scope.GROUP, code=code, text=text, segment=segment, element=element)


def _set(code: str, text: str, segment: str, position: int, element: int = 0) -> Finding:
    return Finding(
        level=Level.ERROR, scope=Scope.SET, code=code, text=text, segment=segment, position=position, element=element
    )
