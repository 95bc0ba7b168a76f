from modules.models.decision import FEWEST_MONTHS, USUAL_MONTHS, Decision, DecisionContext, JournalRetention
from modules.models.moving import MOVE_LIFE, MovedWork, MoveStatus, ReleaseMove
from modules.models.plan import OPEN_PLANS, PLAN_LIFE, PlanStatus, PromotionPlan
from modules.models.preview import CloneState, PreviewClone, ReplayProgress
from modules.models.profile import ModuleAdoption, Origin, ProfileDocument, ProfileRevision, ProfileSnapshot
from modules.models.upgrade import UPGRADE_LIFE, ModuleUpgrade, ReplayedDecision, UpgradeStatus

__all__ = [
    "FEWEST_MONTHS",
    "MOVE_LIFE",
    "OPEN_PLANS",
    "PLAN_LIFE",
    "UPGRADE_LIFE",
    "USUAL_MONTHS",
    "CloneState",
    "Decision",
    "DecisionContext",
    "JournalRetention",
    "ModuleAdoption",
    "ModuleUpgrade",
    "MoveStatus",
    "MovedWork",
    "Origin",
    "PlanStatus",
    "PreviewClone",
    "ProfileDocument",
    "ProfileRevision",
    "ProfileSnapshot",
    "PromotionPlan",
    "ReleaseMove",
    "ReplayProgress",
    "ReplayedDecision",
    "UpgradeStatus",
]
