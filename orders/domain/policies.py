"""What every release of Order Management can be asked.

Hooks are only ever added, each with a default that does nothing, so that a sealed release keeps its behaviour.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from modules.contracts.review import ReviewDecision, ReviewFacts
from modules.domain.releases import KindModel

#: Documents of the module by kind and key, in the schema of the release that is asked.
Documents = Mapping[str, Mapping[str, KindModel]]


class OrderPolicies(ABC):
    """The decisions of a release. Pure: the same facts and documents give the same decision."""

    @abstractmethod
    def review(self, facts: ReviewFacts, documents: Documents) -> ReviewDecision:
        """Which holds a captured order gets."""
