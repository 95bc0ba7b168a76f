from fulfilment.carriers.services.book import parcels_book
from fulfilment.carriers.services.compare import Comparison, parcel_compare
from fulfilment.carriers.services.hand_over import parcels_hand_over
from fulfilment.carriers.services.manifests import manifest_close
from fulfilment.carriers.services.refusals import ParcelRefused
from fulfilment.carriers.services.track import deliveries_presume, parcel_tracked, parcel_untracked, parcels_to_track
from fulfilment.carriers.services.void import parcel_void

__all__ = [
    "Comparison",
    "ParcelRefused",
    "deliveries_presume",
    "manifest_close",
    "parcel_compare",
    "parcel_tracked",
    "parcel_untracked",
    "parcel_void",
    "parcels_book",
    "parcels_hand_over",
    "parcels_to_track",
]
