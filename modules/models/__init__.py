from modules.models.decision import FEWEST_MONTHS, USUAL_MONTHS, Decision, DecisionContext, JournalRetention
from modules.models.profile import ModuleAdoption, Origin, ProfileDocument, ProfileRevision, ProfileSnapshot
from modules.models.upgrade import UPGRADE_LIFE, ModuleUpgrade, ReplayedDecision, UpgradeStatus

__all__ = [
    "FEWEST_MONTHS",
    "UPGRADE_LIFE",
    "USUAL_MONTHS",
    "Decision",
    "DecisionContext",
    "JournalRetention",
    "ModuleAdoption",
    "ModuleUpgrade",
    "Origin",
    "ProfileDocument",
    "ProfileRevision",
    "ProfileSnapshot",
    "ReplayedDecision",
    "UpgradeStatus",
]
