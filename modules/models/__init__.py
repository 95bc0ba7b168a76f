from modules.models.decision import Decision, DecisionContext
from modules.models.profile import ModuleAdoption, Origin, ProfileDocument, ProfileRevision, ProfileSnapshot
from modules.models.upgrade import UPGRADE_LIFE, ModuleUpgrade, ReplayedDecision, UpgradeStatus

__all__ = [
    "UPGRADE_LIFE",
    "Decision",
    "DecisionContext",
    "ModuleAdoption",
    "ModuleUpgrade",
    "Origin",
    "ProfileDocument",
    "ProfileRevision",
    "ProfileSnapshot",
    "ReplayedDecision",
    "UpgradeStatus",
]
