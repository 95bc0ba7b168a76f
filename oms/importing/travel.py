"""What became of the lines of files tells of all orders: only a full staging clone has it."""

from collections.abc import Mapping

from oms.kernel.travel import FULL, Rule

TRAVEL: Mapping[str, Rule] = {"importing_importedline": FULL}
