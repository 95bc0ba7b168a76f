"""Measures of how a retailer does, with one definition each (docs/algorithms/kpis.md), before and after a promotion."""

from __future__ import annotations

from oms.web.kpis.measures import Kpi, Kpis, kpis_around
from oms.web.kpis.selectors import Counted, counted
from oms.web.kpis.windows import Window, Windows, windows_around

__all__ = ["Counted", "Kpi", "Kpis", "Window", "Windows", "counted", "kpis_around", "windows_around"]
