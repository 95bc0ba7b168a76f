"""What a retailer decides about routing in release 1.1."""

from __future__ import annotations

from pydantic import Field, field_validator

from modules.domain.releases import Kind, KindModel


class LocationSetting(KindModel):
    """What holds for one location."""

    location: str = Field(
        title="Location",
        description="Code of the location.",
        min_length=1,
        max_length=32,
        json_schema_extra={"reference": "location"},
    )
    enabled: bool = Field(True, title="Takes orders", description="Switch it off to send no orders to this location.")
    threshold: int = Field(
        0,
        title="Units kept back",
        description="So many units of every product are never given to orders of the network.",
        ge=0,
        le=1_000_000,
    )
    capacity_per_day: int | None = Field(
        None,
        title="Units per day",
        description="The location takes at most so many units from its midnight to the next. Empty: any number.",
        ge=0,
        le=10_000_000,
    )


class RoutingStrategy(KindModel):
    """How a location is chosen for an order."""

    name: str = Field(
        "Nearest location", title="Name", description="How staff call this strategy.", min_length=1, max_length=100
    )
    radius_km: int | None = Field(
        None,
        title="Radius in km",
        description="Locations farther from the customer take no orders. Empty: any distance.",
        ge=1,
        le=20100,
    )
    keep_lines_whole: bool = Field(
        title="Keep lines whole where possible",
        description="Yes: a location that has all units of a line goes before a nearer one that has a part of them. "
        "No: the nearest takes what it has, the next one the rest.",
    )
    location_settings: list[LocationSetting] = Field(
        default_factory=list,
        title="Locations",
        description="Only locations that differ from the rest. A location that is not listed takes orders, keeps "
        "nothing back and takes any number of units a day.",
        max_length=5000,
    )

    @field_validator("location_settings")
    @classmethod
    def _each_location_once(cls, value: list[LocationSetting]) -> list[LocationSetting]:
        seen: set[str] = set()
        for setting in value:
            if setting.location in seen:
                message = f"location {setting.location} is listed twice; keep one of the two"
                raise ValueError(message)
            seen.add(setting.location)
        return value


KINDS = {
    "routing_strategy": Kind(
        name="routing_strategy",
        title="Routing strategy",
        plural="Routing strategies",
        model=RoutingStrategy,
        defaults={
            "default": {
                "name": "Nearest location",
                "radius_km": None,
                "keep_lines_whole": True,
                "location_settings": [],
            }
        },
        singleton="default",
    ),
}
