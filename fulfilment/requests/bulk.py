"""What can be done to many fulfilment requests at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest
from fulfilment.requests.services import RequestRefused, requests_advance, requests_ship
from oms.infra.backoffice.bulk import BulkAction, Given, Outcome, left

_RIGHT = "requests.change_fulfilmentrequest"


def _advance(to: RequestStatus, keys: Sequence[int], given: Given, actor: str) -> Mapping[int, Outcome]:
    already = _already(to, keys)
    requests_advance(request_ids=[key for key in keys if key not in already], to=to, actor=actor)
    return already


def _ship(keys: Sequence[int], given: Given, actor: str) -> Mapping[int, Outcome]:
    already = _already(RequestStatus.SHIPPED, keys)
    requests_ship(request_ids=[key for key in keys if key not in already], actor=actor)
    return already


def _already(to: RequestStatus, keys: Sequence[int]) -> dict[int, Outcome]:
    there = FulfilmentRequest.objects.filter(pk__in=keys, status=to.value).values_list("pk", flat=True)
    return {key: left(f"it is {to.value} already") for key in there}


REQUEST_ACTIONS: tuple[BulkAction, ...] = (
    BulkAction(
        name="pick", word="Start picking", right=_RIGHT, run=partial(_advance, RequestStatus.PICKING),
        sentence="These requests are being picked from now on.",
        warning="This cannot be undone here.", refusals=(RequestRefused,),
    ),
    BulkAction(
        name="pack", word="Mark as packed", right=_RIGHT, run=partial(_advance, RequestStatus.PACKED),
        sentence="These requests are packed and wait to leave.",
        warning="This cannot be undone here.", refusals=(RequestRefused,),
    ),
    BulkAction(
        name="ship", word="Ship", right=_RIGHT, run=_ship,
        sentence="Everything in these requests leaves: stock is taken from its location, customers are told, and "
                 "payments are taken.",
        warning="What has left cannot be called back, and no tracking number is kept: ship one by one to give them.",
        refusals=(RequestRefused,), danger=True,
    ),
)  # fmt: skip
