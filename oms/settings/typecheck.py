"""For the type checker alone: names no server and starts none."""

from oms.settings.base import *  # noqa: F403
from oms.settings.databases import Address

SECRET_KEY = "not a secret: for type checks alone"  # noqa: S105
ADDRESS = Address("postgres://nobody@nowhere/nothing", {})
TEST_DATABASE = "nothing"
