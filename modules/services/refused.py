"""The error of every step of an upgrade."""

from __future__ import annotations

from oms.kernel.verdict import Verdict


class UpgradeRefused(ValueError):
    """A step of an upgrade may not be taken now; the message says why and what may be."""


def require(verdict: Verdict) -> None:
    """Raise :class:`UpgradeRefused` with the reason of a refusal."""
    if not verdict:
        raise UpgradeRefused(verdict.reason)
