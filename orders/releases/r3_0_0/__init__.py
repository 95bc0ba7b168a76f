"""Order Management 3.0: holds that follow and end, terms for whoever asks, payment policies."""

from __future__ import annotations

from modules.domain.releases import Release, Version

from .convert import down, up
from .documents import KINDS
from .policies import FollowingHolds
from .screens import SCREENS

RELEASE = Release(
    module="order_management",
    version=Version(3, 0, 0),
    title="Payment policies, holds that follow and end, terms by asker",
    kinds=KINDS,
    policies=FollowingHolds(),
    up=up,
    down=down,
    screens=SCREENS,
)
