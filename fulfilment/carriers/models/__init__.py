from fulfilment.carriers.models.fleet import FleetDay, FleetStop, FleetVan
from fulfilment.carriers.models.parcel import Manifest, ManifestStatus, Parcel, ParcelStatus, ParcelTrack

__all__ = ["FleetDay", "FleetStop", "FleetVan", "Manifest", "ManifestStatus", "Parcel", "ParcelStatus", "ParcelTrack"]
