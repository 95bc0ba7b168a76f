"""The functional (997) and the interchange acknowledgement (TA1): made for what arrives, read of what we sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from orders.channels.x12.findings import Finding, Level, Scope
from orders.channels.x12.syntax import Delimiters, Group, Interchange, Segment, TransactionSet
from orders.channels.x12.writing import Draft, Envelope, interchange, plain

_SET_CODES = {
    "1": "the kind of document is not supported", "2": "its end is missing", "3": "its control numbers differ",
    "4": "its number of segments is not the stated one", "5": "segments are in error",
    "6": "its kind is missing or wrong", "7": "its control number is missing or wrong",
}  # fmt: skip
_SEGMENT_CODES = {
    "1": "is not known", "2": "is unexpected", "3": "is missing", "4": "is in a loop that comes too often",
    "5": "comes too often", "6": "does not belong to the document", "7": "stands in the wrong place",
    "8": "has elements in error",
}  # fmt: skip
_ELEMENT_CODES = {
    "1": "is missing", "2": "is missing beside another", "3": "is too many", "4": "is too short", "5": "is too long",
    "6": "has a wrong character", "7": "has a wrong code", "8": "is no date", "9": "is no time",
    "10": "excludes another",
}  # fmt: skip
#: AK4 stands at most so often in one AK3.
_MOST_ELEMENTS = 99
#: What the letters of AK5, AK9 and TA1 mean.
ACCEPTED, WITH_ERRORS, PARTLY, REJECTED = "A", "E", "P", "R"


def answer(each: Interchange) -> bytes | None:
    """What is sent back for an interchange, unnumbered; None where it holds nothing that is answered.

    Acknowledgements themselves are never acknowledged. A TA1 goes along where it was asked for, or where the
    interchange as a whole was refused.
    """
    drafts = [_group(group, refused=bool(each.errors)) for group in each.groups if group.code != "FA"]
    wanted = each.header[14] == "1" or bool(each.errors)
    if not drafts and not wanted:
        return None
    envelope = answer_envelope(each)
    if envelope.version >= "004020" and drafts:
        drafts = [_with_version(draft, group) for draft, group in zip(drafts, _answered(each), strict=True)]
    return interchange(drafts, envelope, answers=[_ta1(each)] if wanted else [])


def answer_envelope(each: Interchange) -> Envelope:
    """Back to whom an interchange came from, in its version."""
    version = next((group.version for group in each.groups if not group.errors), "004010")[:6]
    return Envelope(
        sender=_named(each.receiver), receiver=_named(each.sender), version=version, test=each.header[15] == "T",
        group_sender=_first(each, 3), group_receiver=_first(each, 2),
        marks=Delimiters(repetition="^" if version >= "004020" else ""),
    )  # fmt: skip


def status_of(each: TransactionSet, *, refused: bool = False) -> str:
    """The letter for a document: A accepted, E accepted with errors noted, R rejected."""
    if refused or each.errors:
        return REJECTED
    return WITH_ERRORS if any(finding.code for finding in each.findings) else ACCEPTED


def _answered(each: Interchange) -> list[Group]:
    return [group for group in each.groups if group.code != "FA"]


def _with_version(draft: Draft, group: Group) -> Draft:
    first = draft.segments[0]
    draft.segments[0] = (*first, plain(group.version, 12))
    return draft


def _group(group: Group, *, refused: bool) -> Draft:
    """The 997 of one group."""
    draft = Draft("997", "FA")
    refused = refused or bool(group.errors)
    control = group.control if re.fullmatch(r"[0-9]{1,9}", group.control) else "0"
    draft.add("AK1", _code(group.code, "ZZ", 2), control)
    accepted = 0
    for each in group.sets:
        status = status_of(each, refused=refused)
        accepted += status != REJECTED
        _set(draft, each, status)
    codes = list(dict.fromkeys(finding.code for finding in group.errors))[:5]
    received = len(group.sets)
    stated = group.stated if re.fullmatch(r"[0-9]{1,6}", group.stated) else str(received)
    draft.add("AK9", _verdict(group, accepted, refused), stated, str(received), str(accepted), *codes)
    return draft


def _verdict(group: Group, accepted: int, refused: bool) -> str:
    if refused or not accepted:
        return REJECTED
    if accepted < len(group.sets):
        return PARTLY
    return WITH_ERRORS if any(status_of(each) == WITH_ERRORS for each in group.sets) else ACCEPTED


def _set(draft: Draft, each: TransactionSet, status: str) -> None:
    control = each.control if re.fullmatch(r"[A-Za-z0-9]{4,9}", each.control) else "0000"
    # What cannot be a kind (ST01 has three characters) is answered as 000, and code 6 says what was wrong with it.
    draft.add("AK2", _code(each.code, "000", 3, least=3), control)
    codes = [finding.code for finding in each.findings if finding.scope is Scope.SET and finding.code]
    inner = [finding for finding in each.findings if finding.scope in (Scope.SEGMENT, Scope.ELEMENT)]
    places = sorted({(finding.position, finding.segment) for finding in inner})
    for position, name in places:
        _segment(draft, position, name, [each for each in inner if (each.position, each.segment) == (position, name)])
    if any(finding.level is Level.ERROR for finding in inner):
        codes.append("5")
    draft.add("AK5", status, *list(dict.fromkeys(codes))[:5])


def _segment(draft: Draft, position: int, name: str, findings: Sequence[Finding]) -> None:
    own = next((finding.code for finding in findings if finding.scope is Scope.SEGMENT), "")
    elements = sorted((each for each in findings if each.scope is Scope.ELEMENT), key=lambda each: each.element)
    draft.add("AK3", _code(name, "ZZZ", 3), str(position), "", own or "8")
    for finding in elements[:_MOST_ELEMENTS]:
        # Without the mark of repetitions as well: what would part the value must not stand in it.
        draft.add("AK4", str(finding.element), "", finding.code, plain(finding.value, 99, Delimiters(repetition="^")))


def _ta1(each: Interchange) -> tuple[str, ...]:
    header = each.header
    digits = [
        value if value.isascii() and value.isdigit() and len(value) == width else "0" * width
        for value, width in ((header[13], 9), (header[9], 6), (header[10], 4))
    ]
    code = each.errors[0].code if each.errors else "000"
    return ("TA1", *digits, REJECTED if each.errors else ACCEPTED, code)


def _code(value: str, fallback: str, most: int, *, least: int = 2) -> str:
    return value if value.isascii() and value.isalnum() and least <= len(value) <= most else fallback


def _named(party: tuple[str, str]) -> tuple[str, str]:
    """Whom we answer. What no interchange could hold is replaced, for an answer that is wrong beats none."""
    qualifier, identifier = plain(party[0], 2), plain(party[1], 15)
    return (qualifier if len(qualifier) == 2 else "ZZ"), (identifier if len(identifier) > 1 else "UNKNOWN")


def _first(each: Interchange, element: int) -> str:
    """GS02 or GS03 of the first group that names one: two to fifteen characters."""
    return next((name for group in each.groups if len(name := plain(group.header[element], 15)) > 1), "")


# -- what partners say of ours -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """What a partner says of a group, or of one document in it (``document``), that we sent under ``control``."""

    control: str
    status: str
    text: str
    document: str = ""

    @property
    def accepted(self) -> bool:
        """Whether nothing was refused."""
        return self.status in (ACCEPTED, WITH_ERRORS)


def answers_in(each: TransactionSet) -> tuple[Answer, ...]:
    """What a 997 says: of each document, then of the group."""
    result: list[Answer] = []
    words: list[str] = []
    group = document = segment = ""
    for found in each.segments:
        if found.name == "AK1":
            group = found[2]
        elif found.name == "AK2":
            document, words = f"{found[1]} {found[2]}", []
        elif found.name == "AK3":
            segment = f"{found[1]} in segment {found[2]}"
            if found[4] != "8":
                words.append(f"{segment} {_meaning(_SEGMENT_CODES, found[4])}")
        elif found.name == "AK4":
            words.append(f"element {found[1]} of {segment} {_meaning(_ELEMENT_CODES, found[3])}: {found[4]!r}")
        elif found.name == "AK5":
            codes = [_meaning(_SET_CODES, code) for code in found.elements[1:] if code.strip()]
            result.append(Answer(group, _status(found), "; ".join(words + codes), document))
        elif found.name == "AK9":
            text = f"{found[4] or 0} of {found[2] or 0} documents accepted"
            result.append(Answer(group, _status(found), text))
    return tuple(result)


def answer_of_ta1(segment: Segment) -> Answer:
    """What a TA1 says of an interchange."""
    return Answer(segment[1], _status(segment, 4), f"code {segment[5]}")


def _status(segment: Segment, element: int = 1) -> str:
    # M, W and X are rejections for reasons of security.
    return segment[element] if segment[element] in (ACCEPTED, WITH_ERRORS, PARTLY) else REJECTED


def _meaning(codes: dict[str, str], code: str) -> str:
    return codes.get(code, f"has the fault {code}")
