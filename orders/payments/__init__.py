"""Payment gateways, a folder each. A folder has an ``adapter.py`` with ``connect(schema) -> Gateway``; nothing else
has to be touched to add one.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from orders.domain.gateway import Gateway


class UnknownGateway(LookupError):
    """No folder has this name."""


@cache
def gateway_codes() -> tuple[str, ...]:
    """The gateways that this installation has."""
    here = Path(__file__).parent
    return tuple(sorted(path.parent.name for path in here.glob("*/adapter.py")))


def gateway_connect(code: str, *, schema: str) -> Gateway:
    """The gateway account of the retailer with this schema. Raises :class:`UnknownGateway`."""
    if code not in gateway_codes():
        message = f"there is no payment gateway {code!r}; there are: {', '.join(gateway_codes())}"
        raise UnknownGateway(message)
    gateway: Gateway = import_module(f"{__name__}.{code}.adapter").connect(schema)
    return gateway
