"""``/api/v1/availability`` and ``/api/v1/reservations``."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Annotated, Literal
from urllib.parse import quote

from django.http import HttpResponse
from django.utils import timezone
from pydantic import AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError
from rest_framework.request import Request
from rest_framework.response import Response

from fulfilment.inventory.models import SoftReservation
from fulfilment.inventory.selectors import UnknownChannel, availability_json
from fulfilment.inventory.services import (
    CannotPromise,
    CartEnded,
    CartKeyReused,
    UnknownName,
    cart_extend,
    cart_release,
    cart_reserve,
)
from oms.infra.idempotency import Answer
from oms.web.api.authentication import key_of
from oms.web.api.describing import describes
from oms.web.api.documents import Document, Links
from oms.web.api.fields import Body, Identifier, Parameters, Quantity, checked, text
from oms.web.api.parsers import parameter_faults
from oms.web.api.problems import Fault, Kind, Problem, invalid
from oms.web.api.views import ApiView
from oms.web.rights import Scope

COLLECTION = "/api/v1/reservations"
#: SKUs in one question.
MOST_SKUS = 100
_NUMBER = re.compile(r"\s*[-+]?[0-9._]+\s*")
_REPEATABLE = ("sku", "location", "group")


def _no_number(value: object) -> object:
    """A number would be read as seconds since 1970."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        raise PydanticCustomError("malformed", "It is a date: 2026-01-31.")
    return value


Name = Annotated[str, text(64, shortest=1)]


class Question(Parameters):
    """What is asked about availability. ``sku``, ``location`` and ``group`` may be given several times."""

    sku: Annotated[tuple[Name, ...], Field(max_length=MOST_SKUS, json_schema_extra={"minItems": 1})]
    location: Annotated[tuple[Name, ...], Field(max_length=5000)] = ()
    group: Annotated[tuple[Name, ...], Field(max_length=100)] = ()
    channel: Name | None = None
    on: Annotated[date, BeforeValidator(_no_number)] | None = None
    detail: Literal["locations", "totals"] = "locations"


class IncomingDocument(Document):
    """Units that are expected on a day."""

    on: date
    quantity: int


class SkuAvailability(Document):
    """What can be promised: in all, and by location in the order of ``locations`` (not where totals are asked for)."""

    sku: str
    total: int
    incoming: list[IncomingDocument]
    atp: list[int] = []


class AvailabilityDocument(Document):
    """What can be promised, as of a moment."""

    as_of: AwareDatetime
    channel: str | None
    on: date | None
    locations: list[str] = Field(default=[], description="Codes; left out where totals are asked for.")
    skus: list[SkuAvailability]


class AvailabilityView(ApiView):
    """What can be promised now, or on a later day. Worked out from the levels at every call: never kept."""

    read_scope = Scope.STOCK_READ

    @describes("Ask what can be promised", parameters=Question, answers={200: AvailabilityDocument})
    def get(self, request: Request) -> HttpResponse:
        """For up to 100 SKUs: the total for the channel, what each location can promise, what is coming by day."""
        asked = self._question(request)
        try:
            skus = availability_json(
                asked.sku,
                channel=asked.channel,
                locations=asked.location,
                groups=asked.group,
                on=asked.on,
                totals=asked.detail == "totals",
            )
        except UnknownChannel as fault:
            raise invalid(
                [Fault("channel", "unknown_channel", f"There is no channel {asked.channel}.", "parameter")]
            ) from fault
        head = json.dumps({
            "as_of": timezone.now().isoformat(), "channel": asked.channel, "on": asked.on and asked.on.isoformat(),
        })  # fmt: skip
        document = f"{head[:-1]}, {skus}}}"
        return HttpResponse(document, content_type="application/json", headers={"Cache-Control": "no-store"})

    def _question(self, request: Request) -> Question:
        given = dict(request.query_params.lists())
        repeated = [
            Fault(name, "repeated", "It is given more than once.", "parameter")
            for name, values in given.items()
            if len(values) > 1 and name not in _REPEATABLE
        ]
        if repeated:
            raise invalid(repeated)
        named = {name: tuple(values) if name in _REPEATABLE else values[0] for name, values in given.items()}
        asked = checked(Question, named, within="parameter")
        unsafe = [fault for name, values in given.items() for text in values for fault in parameter_faults(name, text)]
        if unsafe:
            raise invalid(unsafe)
        if not asked.sku:
            raise invalid([Fault("sku", "required", "It must be given.", "parameter")])
        if asked.on and asked.on < timezone.localdate():
            raise invalid([Fault("on", "out_of_range", "It is today or later.", "parameter")])
        return asked


class ReservationBody(Body):
    """Units to hold. Without a location they are held wherever the channel sells."""

    key: Annotated[str, text(120, shortest=1)]
    sku: Identifier
    quantity: Quantity
    channel: Annotated[str, text(32)] = ""
    location: Annotated[str, text(32)] = ""
    seconds: Annotated[int, Field(ge=10, le=86_400)] = 900


class ReservationDocument(Document):
    """Units that are held until a moment."""

    key: str
    state: str = Field(description="live, released, expired or converted; more may come.")
    sku: str
    quantity: int
    location: str | None
    channel: str | None
    expires_at: AwareDatetime
    links: Links


class ReservationsView(ApiView):
    """What carts hold."""

    read_scope, write_scope = Scope.STOCK_READ, Scope.ORDERS_WRITE

    @describes("Hold units", body=ReservationBody, answers={201: ReservationDocument}, once=True,
               problems=[Kind.NOT_ENOUGH_STOCK, Kind.IDEMPOTENCY_KEY_REUSED],
               examples={"For a quarter of an hour": {"key": "cart-7-A", "sku": "A", "quantity": 1}})  # fmt: skip
    def post(self, request: Request) -> Response:
        """Hold units: 201, also when the same key has held them before."""
        body = self.body(request, ReservationBody)
        return self.answer_once(request, lambda: _reserve(body, actor=str(key_of(request))))


class ExtensionBody(Body):
    """For how long from now."""

    seconds: Annotated[int, Field(ge=10, le=86_400)]


class ReservationView(ApiView):
    """One reservation, by the key that its holder chose."""

    read_scope, write_scope = Scope.STOCK_READ, Scope.ORDERS_WRITE

    @describes("Get a reservation", answers={200: ReservationDocument}, problems=[Kind.NOT_FOUND])
    def get(self, request: Request, key: str) -> Response:
        """As it stands now."""
        if "\x00" in key:
            raise _nothing(key)
        found = SoftReservation.objects.select_related("product", "location", "channel").filter(key=key).first()
        if found is None:
            raise _nothing(key)
        return Response(reservation_document(found))

    @describes("Hold units for longer", body=ExtensionBody, answers={200: ReservationDocument}, once=True,
               problems=[Kind.NOT_FOUND, Kind.RESERVATION_ENDED], examples={"An hour": {"seconds": 3600}})  # fmt: skip
    def patch(self, request: Request, key: str) -> Response:
        """Hold it for longer."""
        body = self.body(request, ExtensionBody)
        return self.answer_once(request, lambda: _extend(key, body))

    @describes("Give a reservation back", answers={200: ReservationDocument}, problems=[Kind.NOT_FOUND])
    def delete(self, request: Request, key: str) -> Response:
        """Give it back; once it has ended, nothing more happens."""
        if "\x00" in key:
            raise _nothing(key)
        try:
            return Response(reservation_document(cart_release(key=key)))
        except UnknownName as fault:
            raise _nothing(key) from fault


def reservation_document(cart: SoftReservation) -> dict[str, object]:
    """As partners see it. A live one whose time has run out holds nothing, whatever its row says."""
    over = cart.state == "live" and cart.expires_at <= timezone.now()
    return {
        "key": cart.key,
        "state": "expired" if over else str(cart.state),
        "sku": cart.product.sku,
        "quantity": cart.quantity,
        "location": cart.location.code if cart.location else None,
        "channel": cart.channel.code if cart.channel else None,
        "expires_at": cart.expires_at.isoformat(),
        "links": {"self": f"{COLLECTION}/{quote(cart.key, safe='')}"},
    }


def _reserve(body: ReservationBody, *, actor: str) -> Answer:
    try:
        cart = cart_reserve(
            key=body.key, sku=body.sku, quantity=body.quantity, location=body.location, channel=body.channel,
            expires_at=timezone.now() + timedelta(seconds=body.seconds), actor=actor,
        )  # fmt: skip
    except UnknownName as fault:
        raise invalid([Fault(f"/{fault.field}", f"unknown_{fault.field}", f"{str(fault).capitalize()}.")]) from fault
    except CannotPromise as fault:
        raise Problem(Kind.NOT_ENOUGH_STOCK, f"Nothing was held: {fault}.") from fault
    except CartKeyReused as fault:
        raise Problem(Kind.IDEMPOTENCY_KEY_REUSED, f"{str(fault).capitalize()}.") from fault
    return Answer(201, reservation_document(cart))


def _extend(key: str, body: ExtensionBody) -> Answer:
    if "\x00" in key:
        raise _nothing(key)
    try:
        cart = cart_extend(key=key, expires_at=timezone.now() + timedelta(seconds=body.seconds))
    except UnknownName as fault:
        raise _nothing(key) from fault
    except CartEnded as fault:
        raise Problem(Kind.RESERVATION_ENDED, f"{str(fault).capitalize()}.") from fault
    return Answer(200, reservation_document(cart))


def _nothing(key: str) -> Problem:
    return Problem(Kind.NOT_FOUND, f"There is no reservation {key}.")
