"""The whole profile travels into a staging clone, with its history; decisions travel with their orders."""

from collections.abc import Mapping

from oms.kernel.travel import ALL, NONE, About, Rule, UsedBy

TRAVEL: Mapping[str, Rule] = {
    "modules_profiledocument": ALL,
    "modules_historicalprofiledocument": ALL,
    "modules_moduleadoption": ALL,
    "modules_historicalmoduleadoption": ALL,
    "modules_profilerevision": ALL,
    "modules_profilesnapshot": ALL,
    "modules_decision": About("subject"),
    "modules_journalretention": ALL,
    "modules_decisioncontext": UsedBy("modules_decision", "context", key="digest"),
    "modules_moduleupgrade": ALL,
    "modules_replayeddecision": About("subject"),
    # A clone goes on with no replay of production's, and has no clones of its own.
    "modules_replayprogress": NONE,
    "modules_previewclone": NONE,
    # A clone has its own plans and moves: nothing of production's is carried out there a second time.
    "modules_promotionplan": NONE,
    "modules_releasemove": NONE,
    "modules_movedwork": NONE,
}
