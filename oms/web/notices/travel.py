"""Templates go along into a staging clone, so that they can be tried there; what was written to customers does not."""

from collections.abc import Mapping

from oms.kernel.travel import ALL, NONE, Rule

TRAVEL: Mapping[str, Rule] = {
    "notices_noticetemplate": ALL,
    "notices_historicalnoticetemplate": ALL,
    "notices_notice": NONE,
}
