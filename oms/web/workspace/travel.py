"""Saved views go along into a staging clone; work that was asked for in production is production's."""

from collections.abc import Mapping

from oms.kernel.travel import ALL, NONE, Rule

TRAVEL: Mapping[str, Rule] = {
    "workspace_savedview": ALL,
    "workspace_historicalsavedview": ALL,
    "workspace_defaultview": ALL,
    "workspace_bulkjob": NONE,
    "workspace_bulkrow": NONE,
}
