"""What `make run` begins with."""

from __future__ import annotations

import pytest

from modules import registry
from oms.web.demo import DEMO_RETAILERS
from oms.web.demo.content import DemoRetailer


@pytest.mark.parametrize("retailer", DEMO_RETAILERS, ids=lambda retailer: retailer.schema)
def test_a_demonstration_retailer_has_an_upgrade_of_every_module_before_it(retailer: DemoRetailer) -> None:
    begun = dict(retailer.adopt)
    assert set(begun) == set(registry.module_names())
    for module, release in begun.items():
        versions = [str(found.release.version) for found in registry.releases_of(module)]
        assert release in versions
        assert release != versions[-1]
