"""Platforms on which orders are placed, a folder each. A folder has an ``adapter.py`` with ``ADAPTER``, a
:class:`~orders.domain.channel.ChannelAdapter`; nothing else has to be touched to add one.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from orders.domain.channel import ChannelAdapter


class UnknownAdapter(LookupError):
    """No folder has this name."""


@cache
def adapter_codes() -> tuple[str, ...]:
    """The adapters that this installation has."""
    here = Path(__file__).parent
    return tuple(sorted(path.parent.name for path in here.glob("*/adapter.py")))


def adapter_named(code: str) -> ChannelAdapter:
    """The adapter of a platform. Raises :class:`UnknownAdapter`."""
    if code not in adapter_codes():
        message = f"there is no channel adapter {code!r}; there are: {', '.join(adapter_codes())}"
        raise UnknownAdapter(message)
    adapter: ChannelAdapter = import_module(f"{__name__}.{code}.adapter").ADAPTER
    return adapter
