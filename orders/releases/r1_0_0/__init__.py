"""Order Management 1.0: orders above a value are held."""

from __future__ import annotations

from modules.domain.releases import Release, Version

from .documents import KINDS
from .policies import ValueLimit
from .screens import SCREENS

RELEASE = Release(
    module="order_management",
    version=Version(1, 0, 0),
    title="Value limit",
    kinds=KINDS,
    policies=ValueLimit(),
    screens=SCREENS,
)
