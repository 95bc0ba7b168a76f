"""What can be done to many locations at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fulfilment.locations.services import locations_pause
from oms.infra.backoffice.bulk import BulkAction, Given, Outcome, left

_RIGHT = "locations.change_location"


def _pause(keys: Sequence[int], given: Given, actor: str) -> Mapping[int, Outcome]:
    changed = locations_pause(location_ids=keys, paused=True)
    return {key: left("it is paused already") for key in keys if key not in changed}


def _resume(keys: Sequence[int], given: Given, actor: str) -> Mapping[int, Outcome]:
    changed = locations_pause(location_ids=keys, paused=False)
    return {key: left("it takes work already") for key in keys if key not in changed}


LOCATION_ACTIONS: tuple[BulkAction, ...] = (
    BulkAction(
        name="pause", word="Pause", right=_RIGHT, run=_pause, undo="resume",
        sentence="These locations are given no new work. What they are working on stays with them.",
    ),
    BulkAction(
        name="resume", word="Take work again", right=_RIGHT, run=_resume, undo="pause",
        sentence="These locations are given new work again.",
    ),
)  # fmt: skip
