"""Work in flight on the releases of a module: what a change of release leaves to finish, and what it cannot undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.apps import apps
from django.urls import NoReverseMatch

from modules.contracts.inflight import Standing
from modules.contracts.irreversible import Irreversible
from modules.inflight import in_flight_of
from modules.models import Decision, ModuleAdoption, ModuleUpgrade, MoveStatus, ReleaseMove
from modules.promotions import irreversible_of
from oms.infra.backoffice.links import list_address

#: Work that a move kept, shown one by one.
_KEPT = 20


@dataclass(frozen=True, slots=True)
class Move:
    """A move with the first pieces of work that it kept."""

    row: ReleaseMove
    kept: tuple[tuple[str, str], ...]

    @property
    def done(self) -> int:
        """Pieces dealt with."""
        return self.row.moved + self.row.kept


@dataclass(frozen=True, slots=True)
class InFlight:
    """The work that finishes on one release; ``elsewhere`` is unfinished work that other releases have by name."""

    module: str
    release: str
    live: str
    thing: str
    standing: Sequence[Standing] = ()
    elsewhere: Sequence[tuple[str, int]] = ()
    moves: Sequence[Move] = ()
    decisions: int = 0

    @property
    def pinned(self) -> bool:
        """Whether work carries a release of this module at all."""
        return bool(self.thing)

    @property
    def unfinished(self) -> int:
        """Pieces that are not finished."""
        return sum(item.count for item in self.standing if not item.finished)


def in_flight_on(module: str, release: str) -> InFlight:
    """The work of a module on one of its releases, with the latest moves from or to it."""
    live = ModuleAdoption.objects.filter(module=module).values_list("release", flat=True).first() or ""
    work = in_flight_of(module)
    if work is None:
        return InFlight(module, release, live, "")
    elsewhere = sorted(
        (name, count) for name, count in work.unfinished().items() if name not in (release, live) and count
    )
    return InFlight(module, release, live, work.thing, work.standing(release), elsewhere, moves_of(module))


def since_promotion(upgrade: ModuleUpgrade) -> InFlight:
    """The work on the newer release of an upgrade that was promoted, and the decisions that it made since."""
    assert upgrade.promoted_revision is not None
    found = in_flight_on(upgrade.module, upgrade.to_release)
    decisions = Decision.objects.filter(
        module=upgrade.module, release=upgrade.to_release, revision__gte=upgrade.promoted_revision
    ).count()
    return InFlight(
        found.module, found.release, found.live, found.thing, found.standing, found.elsewhere, found.moves, decisions
    )


def moves_of(module: str, limit: int = 3) -> list[Move]:
    """Moves that run, and the last ones that ended."""
    rows = sorted(ReleaseMove.objects.filter(module=module)[:limit], key=lambda row: row.status != MoveStatus.RUNNING)
    return [
        Move(row, tuple(row.work.filter(moved=False).values_list("number", "reason")[:_KEPT]) if row.kept else ())
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect that cannot be undone, and where its list is."""

    found: Irreversible
    address: str = field(default="")


def effects_since(upgrade: ModuleUpgrade) -> list[Effect]:
    """What has happened since a promotion and cannot be undone; every kind, also where there is none of it."""
    return [Effect(item, _list_of(item)) for item in irreversible_of(upgrade)]


def _list_of(item: Irreversible) -> str:
    try:
        return list_address(apps.get_model(item.model), **item.filters) if item.model else ""
    except (LookupError, NoReverseMatch):  # no list shows them
        return ""
