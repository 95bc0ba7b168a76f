"""What every release of Order Routing can be asked.

Hooks are only ever added, each with a default that does nothing, so that a sealed release keeps its behaviour.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from modules.contracts.routing import RoutingDecision, RoutingFacts
from modules.domain.releases import KindModel

#: Documents of the module by kind and key, in the schema of the release that is asked.
Documents = Mapping[str, Mapping[str, KindModel]]


class RoutingPolicies(ABC):
    """The decisions of a release. Pure: the same facts and documents give the same decision."""

    @abstractmethod
    def route(self, facts: RoutingFacts, documents: Documents) -> RoutingDecision:
        """Where the open lines of one order are fulfilled."""
