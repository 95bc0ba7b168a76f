"""What no rollback undoes: the kinds that apps have registered, and what leaves by the outbound door."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count
from django.utils import timezone

from modules.contracts.irreversible import Irreversible, IrreversibleEffects, Since
from oms.infra.models import OutboundDeparture
from oms.infra.outbound import Kind

_registered: dict[str, IrreversibleEffects] = {}


def irreversible_effects(name: str, effects: IrreversibleEffects) -> None:
    """Register a kind of effect. Called as the application starts."""
    _registered[name] = effects


def irreversible_since(since: Since) -> list[Irreversible]:
    """Every registered kind of effect since a promotion, in the order of their names."""
    return [found for _, effects in sorted(_registered.items()) for found in effects(since)]


_MESSAGES = (Kind.MAIL, Kind.SMS)


def _departed(since: Since) -> Sequence[Irreversible]:
    """Whatever left by the outbound door, of all modules: it does not say which release caused it."""
    rows = OutboundDeparture.objects.filter(departed_at__gte=since.moment).order_by()
    counts = dict(rows.values_list("kind").annotate(Count("id")))
    messages = sum(counts.get(kind.value, 0) for kind in _MESSAGES)
    label, filters = (
        "infra.OutboundDeparture",
        {"departed_at_from": timezone.localtime(since.moment).date().isoformat()},
    )
    return [
        Irreversible(
            "messages", messages, "message to a customer has been sent", "messages to customers have been sent",
            before="Hold back reminders that repeat what was promised, until you have gone back.",
            after="Write to the customers whose promise has changed; what they have received stays received.",
            model=label, filters=filters,
        ),
        Irreversible(
            "calls", sum(counts.values()) - messages, "call to another system has been made",
            "calls to other systems have been made",
            before="Tell the partners concerned that orders may be decided otherwise again.",
            after="Compare with the carriers, gateways and partners called; cancel there what is not wanted any more.",
            model=label, filters=filters,
        ),
    ]  # fmt: skip


irreversible_effects("outbound", _departed)
