"""How far the units of orders have come, and how they are taken back: told by the layer that works on them.

Orders know no requests. The layer above registers, as the application starts, who tells and who takes back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

#: From the least to the most advanced.
STAGES = ("open", "allocated", "picking", "packed", "shipped")

#: Units that locations work on: by order line, by stage (allocated, picking, packed).
Tell = Callable[[Collection[int]], Mapping[int, Mapping[str, int]]]
#: Takes units of order lines back from locations, the least advanced first: (units of line, reason, actor).
TakeBack = Callable[[Mapping[int, int], str, str], None]

_tellers: list[Tell] = []
_takers: list[TakeBack] = []


class NobodyWorks(RuntimeError):
    """Units are allocated, but nobody has said how they are taken back."""


def works_on_units(*, tell: Tell, take_back: TakeBack) -> None:
    """Register who works on allocated units. Called as the application starts."""
    _tellers[:], _takers[:] = [tell], [take_back]


def progress_of(line_ids: Collection[int]) -> Mapping[int, Mapping[str, int]]:
    """Units that locations work on, by line and stage; lines without any are left out."""
    return _tellers[0](line_ids) if _tellers else {}


def units_take_back(units_of_line: Mapping[int, int], *, reason: str, actor: str) -> None:
    """Take allocated units back: they are open again. The caller holds the orders' row locks."""
    wanted = {line: units for line, units in units_of_line.items() if units}
    if not wanted:
        return
    if not _takers:
        message = "units are allocated, but no module has registered how they are taken back"
        raise NobodyWorks(message)
    _takers[0](wanted, reason, actor)


def furthest(stages: Collection[str]) -> str:
    """The most advanced of some stages; open where there are none."""
    return max(stages, key=STAGES.index, default="open")
