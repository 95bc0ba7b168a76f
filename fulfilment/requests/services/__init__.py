from fulfilment.requests.services.advance import RequestRefused, requests_advance
from fulfilment.requests.services.arrivals import arrivals_tell
from fulfilment.requests.services.deliver import requests_deliver
from fulfilment.requests.services.exclusions import NoSuchExclusion, exclusion_lift
from fulfilment.requests.services.offer import NewRequest, requests_offer
from fulfilment.requests.services.parcels import parcel_mates, parcels_join, parcels_leave
from fulfilment.requests.services.reject import CannotReject, RejectedLine, request_reject
from fulfilment.requests.services.release import allocations_release
from fulfilment.requests.services.ship import requests_ship

__all__ = [
    "CannotReject",
    "NewRequest",
    "NoSuchExclusion",
    "RejectedLine",
    "RequestRefused",
    "allocations_release",
    "arrivals_tell",
    "exclusion_lift",
    "parcel_mates",
    "parcels_join",
    "parcels_leave",
    "request_reject",
    "requests_advance",
    "requests_deliver",
    "requests_offer",
    "requests_ship",
]
