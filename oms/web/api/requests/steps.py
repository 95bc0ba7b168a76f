"""``/api/v1/requests/<number>/<step>``: a location works its requests. A step that was taken is taken: 200 again."""

from __future__ import annotations

from collections.abc import Callable

from rest_framework.request import Request
from rest_framework.response import Response

from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import RejectReason
from fulfilment.requests.services import RequestRefused, requests_advance, requests_ship
from fulfilment.requests.services.locked import requests_lock
from fulfilment.requests.services.reject import CannotReject, RejectedLine, request_reject
from oms.infra.idempotency import Answer
from oms.web.api.authentication import key_of
from oms.web.api.conditional import require_version
from oms.web.api.describing import describes
from oms.web.api.fields import NothingBody
from oms.web.api.problems import Fault, Kind, Problem, invalid
from oms.web.api.requests.body import AcknowledgeBody, RejectBody, ShipBody
from oms.web.api.requests.document import RequestDocument, request_document
from oms.web.api.requests.selectors import RequestDetail
from oms.web.api.requests.views import request_seen
from oms.web.api.views import ApiView
from oms.web.rights import Scope
from oms.web.services.acknowledgements import AcknowledgedOtherwise, request_acknowledge

_ANSWERS = {200: RequestDocument}
_PROBLEMS = [Kind.NOT_FOUND, Kind.REQUEST_STATE]


class StepView(ApiView):
    """What all steps share."""

    write_scope = Scope.REQUESTS_WORK

    def step(self, request: Request, number: str, take: Callable[[RequestDetail, str], None]) -> Response:
        """Take a step of the request, where the key may see it; answer with the request as it then is."""
        actor = str(key_of(request))

        def work() -> Answer:
            found = request_seen(request, number)
            if "If-Match" in request.headers:
                requests_lock([found.summary.id])
                require_version(request, request_document(request_seen(request, number)))
            take(found, actor)
            return Answer(200, request_document(request_seen(request, number)))

        return self.answer_once(request, work)

    def advance(self, request: Request, number: str, to: RequestStatus) -> Response:
        """Move the request to the next status, or find it there."""

        def take(found: RequestDetail, actor: str) -> None:
            try:
                requests_advance(request_ids=[found.summary.id], to=to, actor=actor)
            except RequestRefused as refusal:
                if request_seen(request, number).summary.status != to:
                    raise Problem(Kind.REQUEST_STATE, f"{refusal}.") from refusal

        return self.step(request, number, take)


class AcknowledgeView(StepView):
    """Say that a request has been seen."""

    @describes("Acknowledge a request", body=AcknowledgeBody, answers=_ANSWERS, problems=_PROBLEMS, once=True,
               conditional=True, examples={"With a number of one's own": {"reference": "PO-4711"}})  # fmt: skip
    def post(self, request: Request, number: str) -> Response:
        """The retailer sees when, and the partner's own number for it."""
        body = self.body(request, AcknowledgeBody)

        def take(found: RequestDetail, actor: str) -> None:
            try:
                request_acknowledge(request_id=found.summary.id, reference=body.reference, actor=actor)
            except (RequestRefused, AcknowledgedOtherwise) as refusal:
                raise Problem(Kind.REQUEST_STATE, f"{refusal}.") from refusal

        return self.step(request, number, take)


class PickView(StepView):
    """Begin to pick."""

    @describes("Begin to pick", body=NothingBody, answers=_ANSWERS, problems=_PROBLEMS, once=True, conditional=True)
    def post(self, request: Request, number: str) -> Response:
        """The request becomes ``picking``."""
        self.body(request, NothingBody)
        return self.advance(request, number, RequestStatus.PICKING)


class PackView(StepView):
    """Everything is packed."""

    @describes("Mark as packed", body=NothingBody, answers=_ANSWERS, problems=_PROBLEMS, once=True, conditional=True)
    def post(self, request: Request, number: str) -> Response:
        """The request becomes ``packed``."""
        self.body(request, NothingBody)
        return self.advance(request, number, RequestStatus.PACKED)


class ShipView(StepView):
    """The goods leave."""

    @describes("Ship", body=ShipBody, answers=_ANSWERS, problems=_PROBLEMS, once=True, conditional=True,
               examples={"With a parcel service": {"carrier": "Post", "tracking_number": "RR123456785GB"}})  # fmt: skip
    def post(self, request: Request, number: str) -> Response:
        """Everything that waits in a packed request leaves as one shipment, and payment is taken for it."""
        body = self.body(request, ShipBody)

        def take(found: RequestDetail, actor: str) -> None:
            try:
                requests_ship(
                    request_ids=[found.summary.id], actor=actor, carrier=body.carrier,
                    tracking_number=body.tracking_number,
                )  # fmt: skip
            except RequestRefused as refusal:
                gone = [(left.carrier, left.tracking_number) for left in request_seen(request, number).shipments]
                if (body.carrier, body.tracking_number) not in gone:
                    raise Problem(Kind.REQUEST_STATE, f"{refusal}.") from refusal

        return self.step(request, number, take)


class RejectView(StepView):
    """Items cannot be sent."""

    @describes("Reject items", body=RejectBody, answers=_ANSWERS, problems=_PROBLEMS, once=True, conditional=True,
               examples={"One unit was not found": {
                   "items": [{"position": 1, "quantity": 1, "reason": "not_found"}]}})  # fmt: skip
    def post(self, request: Request, number: str) -> Response:
        """They are open again, for another location. A request of which nothing is left is cancelled."""
        body = self.body(request, RejectBody)

        def take(found: RequestDetail, actor: str) -> None:
            at = {line.position: line for line in found.lines}
            unknown = [
                Fault(f"/items/{index}/position", "unknown_position", f"The request has no position {item.position}.")
                for index, item in enumerate(body.items)
                if item.position not in at
            ]
            if unknown:
                raise invalid(unknown)
            rejected = {
                at[item.position].id: RejectedLine(RejectReason(item.reason), item.quantity, item.counted)
                for item in body.items
            }
            try:
                request_reject(request_id=found.summary.id, lines=rejected, actor=actor)
            except CannotReject as refusal:
                raise Problem(Kind.REQUEST_STATE, f"{refusal}.") from refusal

        return self.step(request, number, take)
