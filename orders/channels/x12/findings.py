"""What is wrong with an interchange: where, how badly, and by which code of the standard.

Codes are those of X12 elements 720 (segments, AK304), 723 (elements, AK403), 718 (sets, AK502), 716 (groups, AK905)
and I18 (interchanges, TA105).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """Whether what holds the finding can still be worked on."""

    ERROR = "error"
    NOTE = "note"


class Scope(StrEnum):
    """What a finding is about; it says which list of codes ``code`` is of."""

    INTERCHANGE = "interchange"
    GROUP = "group"
    SET = "set"
    SEGMENT = "segment"
    ELEMENT = "element"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``position`` counts segments of the set from ST as 1, of the interchange from ISA; ``element`` counts from 1."""

    level: Level
    scope: Scope
    code: str
    text: str
    segment: str = ""
    position: int = 0
    element: int = 0
    value: str = ""

    @property
    def place(self) -> str:
        """As people of EDI name it: N104 in segment 12."""
        name = f"{self.segment}{self.element:02d}" if self.element else self.segment
        return f"{name} in segment {self.position}" if name and self.position else name

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" if self.place else self.text


#: Findings kept of one set, group or interchange; more would say nothing new.
MOST_FINDINGS = 100


def keep(findings: list[Finding], finding: Finding) -> None:
    """Add a finding. Where there are too many, an error takes the place of a note, so that none is lost sight of."""
    if len(findings) < MOST_FINDINGS:
        findings.append(finding)
    elif finding.level is Level.ERROR and all(each.level is Level.NOTE for each in findings):
        findings[-1] = finding
