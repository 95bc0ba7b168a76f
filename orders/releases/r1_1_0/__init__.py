"""Order Management 1.1: the retailer's own rules for holds."""

from __future__ import annotations

from modules.domain.releases import Release, Version

from .convert import down, up
from .documents import KINDS
from .policies import HoldRules
from .screens import SCREENS

RELEASE = Release(
    module="order_management",
    version=Version(1, 1, 0),
    title="Rules for holds",
    kinds=KINDS,
    policies=HoldRules(),
    up=up,
    down=down,
    screens=SCREENS,
)
