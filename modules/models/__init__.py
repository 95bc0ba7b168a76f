from modules.models.decision import Decision, DecisionContext
from modules.models.preview import CloneState, PreviewClone, ReplayProgress
from modules.models.profile import ModuleAdoption, Origin, ProfileDocument, ProfileRevision, ProfileSnapshot
from modules.models.upgrade import UPGRADE_LIFE, ModuleUpgrade, ReplayedDecision, UpgradeStatus

__all__ = [
    "UPGRADE_LIFE",
    "CloneState",
    "Decision",
    "DecisionContext",
    "ModuleAdoption",
    "ModuleUpgrade",
    "Origin",
    "PreviewClone",
    "ProfileDocument",
    "ProfileRevision",
    "ProfileSnapshot",
    "ReplayProgress",
    "ReplayedDecision",
    "UpgradeStatus",
]
