"""Letting a location be asked again."""

from __future__ import annotations

from django.utils import timezone

from fulfilment.requests.events import ExclusionLifted
from fulfilment.requests.models import Exclusion
from oms.infra.events import record


class NoSuchExclusion(LookupError):
    """The exclusion is lifted already, or never was."""


def exclusion_lift(*, exclusion_id: int, actor: str) -> None:
    """Let routing ask a location again for a line that it had refused. Raises :class:`NoSuchExclusion`."""
    now = timezone.now()
    changed = Exclusion.objects.filter(pk=exclusion_id, lifted_at__isnull=True).update(lifted_at=now, lifted_by=actor)
    if not changed:
        message = "this exclusion is lifted already"
        raise NoSuchExclusion(message)
    found = Exclusion.objects.select_related("line__order", "location", "request").get(pk=exclusion_id)
    record([
        ExclusionLifted(
            subject=found.line.order.number, occurred_at=now, actor=actor, request=found.request.number,
            location=found.location.code, position=found.line.position,
        )
    ])  # fmt: skip
