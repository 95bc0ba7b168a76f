from modules.models.decision import Decision, DecisionContext
from modules.models.moving import MOVE_LIFE, MovedWork, MoveStatus, ReleaseMove
from modules.models.plan import OPEN_PLANS, PLAN_LIFE, PlanStatus, PromotionPlan
from modules.models.profile import ModuleAdoption, Origin, ProfileDocument, ProfileRevision, ProfileSnapshot
from modules.models.upgrade import UPGRADE_LIFE, ModuleUpgrade, ReplayedDecision, UpgradeStatus

__all__ = [
    "MOVE_LIFE",
    "OPEN_PLANS",
    "PLAN_LIFE",
    "UPGRADE_LIFE",
    "Decision",
    "DecisionContext",
    "ModuleAdoption",
    "ModuleUpgrade",
    "MoveStatus",
    "MovedWork",
    "Origin",
    "PlanStatus",
    "ProfileDocument",
    "ProfileRevision",
    "ProfileSnapshot",
    "PromotionPlan",
    "ReleaseMove",
    "ReplayedDecision",
    "UpgradeStatus",
]
