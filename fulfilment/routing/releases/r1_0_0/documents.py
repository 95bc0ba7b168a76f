"""What a retailer decides about routing in release 1.0."""

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


class RoutingStrategy(KindModel):
    """How a location is chosen for an order."""

    name: str = Field(
        "Nearest location", title="Name", description="How staff call this strategy.", min_length=1, max_length=100
    )
    max_distance_km: int | None = Field(
        None,
        title="Greatest distance in km",
        description="Locations farther from the customer take no orders. Empty: any distance.",
        ge=1,
        le=20100,
    )
    location_settings: list[LocationSetting] = Field(
        default_factory=list,
        title="Locations",
        description="Only locations that differ from the rest. A location that is not listed takes orders.",
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
        defaults={"default": {"name": "Nearest location", "max_distance_km": None, "location_settings": []}},
        singleton="default",
    ),
}
