"""Order Management 2.0: rules of conditions, each with the actions that it blocks."""

from __future__ import annotations

from modules.domain.releases import Release, Version

from .convert import down, up
from .documents import KINDS
from .policies import HoldConditions
from .screens import SCREENS

RELEASE = Release(
    module="order_management",
    version=Version(2, 0, 0),
    title="Conditions, blocked actions, cancellation",
    kinds=KINDS,
    policies=HoldConditions(),
    up=up,
    down=down,
    screens=SCREENS,
)
