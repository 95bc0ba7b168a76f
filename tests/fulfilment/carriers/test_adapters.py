"""The carriers that come with the product do what every carrier must."""

from __future__ import annotations

import pytest

from fulfilment.carriers.domain.adapter import Adapter, Enquiry
from fulfilment.carriers.own_fleet.adapter import OwnFleet
from fulfilment.carriers.registry import BrokenCarrier, NoSuchCarrier, _load, adapter, adapters
from fulfilment.carriers.table_rate.adapter import TableRate
from tests.factories.carriers import HERE, MORNING, NEAR, FleetVanFactory, contract, parcel, soho
from tests.fulfilment.carriers.contract import CarrierContract


class TestTableRate(CarrierContract):
    adapter: Adapter = TableRate()

    @pytest.fixture(autouse=True)
    def setting(self, acme: None) -> None:
        """It looks up in the retailer's own rows what has left."""

    def enquiry(self) -> Enquiry:
        served = contract(countries=["GB"])
        return Enquiry("POST", served, parcel(), HERE, NEAR, MORNING)


class TestOwnFleet(CarrierContract):
    adapter: Adapter = OwnFleet()

    @pytest.fixture(autouse=True)
    def van(self, acme: None) -> None:
        FleetVanFactory.create(location=soho(), prefixes="E1 W1")

    def enquiry(self) -> Enquiry:
        return Enquiry("own_fleet", None, parcel(), HERE, NEAR, MORNING)


def test_carriers_are_found_by_their_folders() -> None:
    assert list(adapters()) == ["own_fleet", "table_rate"]
    assert adapter("table_rate").title == "Rate tables"
    with pytest.raises(NoSuchCarrier, match="no carrier is called pigeon; there are own_fleet, table_rate"):
        adapter("pigeon")


def test_a_folder_without_an_adapter_is_refused(tmp_path: object) -> None:
    from pathlib import Path

    with pytest.raises(BrokenCarrier, match="defines no ADAPTER"):
        _load("fulfilment.carriers.domain.adapter", Path("pigeon/adapter.py"))
