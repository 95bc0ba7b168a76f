from fulfilment.requests.services.advance import RequestRefused, requests_advance
from fulfilment.requests.services.offer import NewRequest, requests_offer
from fulfilment.requests.services.release import allocations_release
from fulfilment.requests.services.ship import requests_ship

__all__ = [
    "NewRequest",
    "RequestRefused",
    "allocations_release",
    "requests_advance",
    "requests_offer",
    "requests_ship",
]
