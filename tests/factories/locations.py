"""Locations."""

from __future__ import annotations

from factory.django import DjangoModelFactory

from fulfilment.locations.models import Location, LocationGroup
from tests.factories.declared import Sequence


class LocationFactory(DjangoModelFactory[Location]):
    """A store in London that ships."""

    class Meta:
        model = Location

    code = Sequence(lambda number: f"S{number}")
    name = Sequence(lambda number: f"Store {number}")
    city = "London"
    country = "GB"
    latitude = 51.5
    longitude = -0.1
    time_zone = "Europe/London"


class LocationGroupFactory(DjangoModelFactory[LocationGroup]):
    """A group without members."""

    class Meta:
        model = LocationGroup

    code = Sequence(lambda number: f"group-{number}")
    name = Sequence(lambda number: f"Group {number}")
