"""The measures around a promotion, for a page that shows them."""

from __future__ import annotations

from django import template
from django.utils import timezone

from modules.models import ModuleUpgrade
from oms.web.kpis import Kpis
from oms.web.kpis import kpis_around as measured

register = template.Library()


@register.simple_tag
def kpis_around(upgrade: ModuleUpgrade) -> Kpis | None:
    """``{% kpis_around upgrade as kpis %}``: measured now."""
    return measured(upgrade, timezone.now())
