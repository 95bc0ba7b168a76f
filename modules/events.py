"""What happens to modules, told to whoever listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from oms.infra.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleChanged(DomainEvent):
    """The live release of a module changed; its subject is the module."""

    SUBJECT_KIND: ClassVar[str] = "module"

    before: str
    after: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModulePromoted(ModuleChanged):
    """A retailer made another release live."""

    NAME: ClassVar[str] = "module.promoted.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleRolledBack(ModuleChanged):
    """A retailer took a module back."""

    NAME: ClassVar[str] = "module.rolled_back.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionPlanChanged(DomainEvent):
    """A promotion was asked for, agreed to, declined, scheduled, withdrawn, carried out or not."""

    NAME: ClassVar[str] = "module.promotion_plan_changed.v1"
    SUBJECT_KIND: ClassVar[str] = "module"

    upgrade: int
    before: str
    after: str
    status: str
    outcome: str
