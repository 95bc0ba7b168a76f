"""Reads about promotions: which one is live, and what no rollback of it would undo."""

from __future__ import annotations

from modules.contracts.irreversible import Irreversible, Since
from modules.irreversible import irreversible_since
from modules.models import ModuleAdoption, ModuleUpgrade, ProfileRevision, UpgradeStatus


def promotion_that_is_live(module: str) -> ModuleUpgrade | None:
    """The promotion that led to the live release of a module; None where none did."""
    live = ModuleAdoption.objects.filter(module=module).values_list("release", flat=True).first()
    if live is None:
        return None
    return ModuleUpgrade.objects.filter(module=module, status=UpgradeStatus.PROMOTED, to_release=live).first()


def irreversible_of(promoted: ModuleUpgrade) -> list[Irreversible]:
    """What has happened under the newer release of an upgrade since its promotion, and cannot be undone."""
    assert promoted.promoted_revision is not None
    revision = ProfileRevision.objects.get(number=promoted.promoted_revision)
    return irreversible_since(Since(promoted.module, promoted.to_release, revision.created_at))
