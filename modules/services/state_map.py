"""What a status of work in flight becomes in another release."""

from __future__ import annotations

from itertools import pairwise

from modules import registry
from modules.domain.releases import Version


class NoCounterpart(LookupError):
    """A release on the way has no counterpart of a status; the message says which release and status."""


class StateMap:
    """From one release of a module to another, step by step through those between.

    A status that both neighbours know keeps its name; otherwise the newer of the two says what it becomes, in its
    ``state_map`` on the way down and its ``state_map_up`` on the way up.
    """

    def __init__(self, module: str, *, before: str, after: str) -> None:
        start, end = Version.parse(before), Version.parse(after)
        registry.release(module, before)
        registry.release(module, after)
        chain = [item for item in registry.releases_of(module) if min(start, end) <= item.release.version]
        chain = [item for item in chain if item.release.version <= max(start, end)]
        self._steps = list(pairwise(chain if start < end else reversed(chain)))
        self._up = start < end

    def became(self, status: str) -> str:
        """What a status becomes. Raises :class:`NoCounterpart`."""
        for here, there in self._steps:
            entries = there.release.state_map_up if self._up else here.release.state_map
            following = entries.get(status, status)
            if following not in there.statuses:
                message = f"{there.release} has no counterpart of “{status.replace('_', ' ')}”"
                raise NoCounterpart(message)
            status = following
        return status
