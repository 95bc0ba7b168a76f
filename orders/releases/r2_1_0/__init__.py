"""Order Management 2.1: conditions in groups, changes and cancellations by policy, the retailer's own fields."""

from __future__ import annotations

from modules.domain.releases import Release, Version

from .convert import down, up
from .documents import KINDS
from .policies import GroupedConditions
from .screens import SCREENS

RELEASE = Release(
    module="order_management",
    version=Version(2, 1, 0),
    title="Grouped conditions, changes, order attributes",
    kinds=KINDS,
    policies=GroupedConditions(),
    up=up,
    down=down,
    screens=SCREENS,
)
