"""Order Routing 2.1: rules and queues."""

from __future__ import annotations

from modules.domain.releases import Release, Version

from .convert import down, up
from .documents import KINDS
from .policies import RulesAndQueues
from .screens import SCREENS
from .workflow import STATE_MAP

RELEASE = Release(
    module="order_routing",
    version=Version(2, 1, 0),
    title="Rules and queues",
    kinds=KINDS,
    policies=RulesAndQueues(),
    up=up,
    down=down,
    state_map=STATE_MAP,
    screens=SCREENS,
)
