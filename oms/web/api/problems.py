"""Errors as partners see them: problem documents (RFC 9457) with a stable ``code``."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions

from fulfilment.inventory.services import CartContention
from fulfilment.routing.services.orders_route import StockContention
from oms.infra.idempotency import KeyInFlight, KeyReused

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"

#: Faults named in one document at most: who mends these and asks again learns of the others.
MOST_FAULTS = 100


class Kind(Enum):
    """Every kind of problem: HTTP status and title. The name, in lower case, is the code."""

    MALFORMED_REQUEST = 400, "The request cannot be understood"
    MALFORMED_JSON = 400, "The body is not JSON"
    UNAUTHENTICATED = 401, "An API key is needed"
    KEY_UNKNOWN = 401, "The API key is not known"
    KEY_EXPIRED = 401, "The API key has expired"
    KEY_REVOKED = 401, "The API key has been revoked"
    SIGNATURE_NOT_VERIFIED = 401, "The signature cannot be verified"
    FORBIDDEN = 403, "This is not allowed"
    KEY_READ_ONLY = 403, "The API key can only read"
    SCOPE_MISSING = 403, "The API key has no right to this"
    ADDRESS_NOT_ALLOWED = 403, "The API key may not be used from this network address"
    NOT_FOUND = 404, "There is nothing at this address"
    METHOD_NOT_ALLOWED = 405, "The method is not served at this address"
    NOT_ACCEPTABLE = 406, "The answer is not available in this format"
    IDEMPOTENCY_KEY_IN_FLIGHT = 409, "A request with this key is being worked on"
    ORDER_ALREADY_CAPTURED_DIFFERENTLY = 409, "The channel has placed a different order with this number"
    NOT_ENOUGH_STOCK = 409, "Fewer units can be promised than were asked for"
    RESERVATION_ENDED = 409, "The reservation holds nothing any more"
    ORDER_CHANGED_MEANWHILE = 409, "The order has been changed since it was looked at"
    CHANGE_DECIDED = 409, "The change has been decided already"
    REQUEST_STATE = 409, "The fulfilment request cannot take this step now"
    LENGTH_REQUIRED = 411, "The length of the body must be given"
    PRECONDITION_FAILED = 412, "It has changed since it was read"
    BODY_TOO_LARGE = 413, "The body is too large"
    UNSUPPORTED_MEDIA_TYPE = 415, "The format of the body is not served"
    VALIDATION = 422, "Some values cannot be taken"
    IDEMPOTENCY_KEY_REUSED = 422, "The key has named a different request before"
    PRECONDITION_REQUIRED = 428, "The write must say which version it is for"
    RATE_LIMITED = 429, "The key has called too often"
    SERVER_ERROR = 500, "Something went wrong on our side"
    TRY_AGAIN = 503, "The request could not be carried out just now"

    def __init__(self, status: int, title: str) -> None:
        self.status = status
        self.title = title

    @property
    def code(self) -> str:
        """Never changes: programs may rely on it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Fault:
    """One value that cannot be taken. ``at`` is a JSON pointer (RFC 6901) or the name of a parameter."""

    at: str
    code: str
    detail: str
    within: str = "pointer"


def step(name: str | int) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return "/" + str(name).replace("~", "~0").replace("/", "~1")


class Problem(exceptions.APIException):
    """Raise it anywhere under a view: the transaction is undone and the document is the answer.

    ``retry_after`` (seconds) is said with the problems that pass by themselves.
    """

    def __init__(self, kind: Kind, detail: str, *, faults: Sequence[Fault] = (), retry_after: int = 1) -> None:
        super().__init__(detail, kind.code)
        self.status_code = kind.status
        self.kind = kind
        self.text = detail
        self.faults = faults
        self.retry_after = retry_after


def invalid(faults: Sequence[Fault]) -> Problem:
    """The problem of values that cannot be taken."""
    some = f"; the first {MOST_FAULTS} are named" if len(faults) > MOST_FAULTS else ""
    values = "1 value" if len(faults) == 1 else f"{len(faults)} values"
    return Problem(Kind.VALIDATION, f"{values} cannot be taken{some}. Nothing was done.", faults=faults)


def handle(fault: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """Answer any exception of a view (``EXCEPTION_HANDLER`` of Django REST framework)."""
    request: HttpRequest = context["request"]._request
    request.view_raised = True  # type: ignore[attr-defined]  # so RetailerMiddleware undoes the transaction
    problem = fault if isinstance(fault, Problem) else _translated(fault)
    if problem.kind.status >= 500:
        logger.error("request %s: %s", _request_id(request), problem.kind.code, exc_info=fault)
    return response(request, problem)


def handle_early(request: HttpRequest, fault: Exception) -> HttpResponse:
    """Answer an exception outside the views, before a transaction has begun."""
    problem = _translated(fault)
    logger.error("request %s: %s", _request_id(request), problem.kind.code, exc_info=fault)
    return response(request, problem)


def response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The document of a problem."""
    kind = problem.kind
    document: dict[str, object] = {
        "type": f"/problems/{kind.code.replace('_', '-')}",
        "title": kind.title,
        "status": kind.status,
        "detail": problem.text,
        "code": kind.code,
        "instance": request.path,
        "request_id": _request_id(request),
    }
    if problem.faults:
        document["errors"] = [
            {fault.within: fault.at, "code": fault.code, "detail": fault.detail}
            for fault in problem.faults[:MOST_FAULTS]
        ]
    headers = {}
    if kind.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    if kind in (Kind.TRY_AGAIN, Kind.IDEMPOTENCY_KEY_IN_FLIGHT, Kind.RATE_LIMITED):
        headers["Retry-After"] = str(problem.retry_after)
    return HttpResponse(json.dumps(document), content_type=CONTENT_TYPE, status=kind.status, headers=headers)


def _translated(fault: Exception) -> Problem:
    for types, kind in _KINDS:
        if isinstance(fault, types):
            return Problem(kind, _DETAILS.get(kind) or str(fault))
    return Problem(Kind.SERVER_ERROR, _DETAILS[Kind.SERVER_ERROR])


#: The first that fits.
_KINDS: Sequence[tuple[type[Exception] | tuple[type[Exception], ...], Kind]] = (
    (KeyInFlight, Kind.IDEMPOTENCY_KEY_IN_FLIGHT),
    (KeyReused, Kind.IDEMPOTENCY_KEY_REUSED),
    ((OperationalError, InterfaceError, StockContention, CartContention), Kind.TRY_AGAIN),
    ((exceptions.NotAuthenticated, exceptions.AuthenticationFailed), Kind.UNAUTHENTICATED),
    ((exceptions.PermissionDenied, PermissionDenied), Kind.FORBIDDEN),
    ((exceptions.NotFound, Http404), Kind.NOT_FOUND),
    (exceptions.MethodNotAllowed, Kind.METHOD_NOT_ALLOWED),
    (exceptions.NotAcceptable, Kind.NOT_ACCEPTABLE),
    (exceptions.UnsupportedMediaType, Kind.UNSUPPORTED_MEDIA_TYPE),
    (RequestDataTooBig, Kind.BODY_TOO_LARGE),
    ((exceptions.ParseError, SuspiciousOperation), Kind.MALFORMED_REQUEST),
)

#: Our words, where those of the exception do not help a partner or show how we are built.
_DETAILS = {
    Kind.TRY_AGAIN: "Nothing was done. Send the same request again after a moment.",
    Kind.UNAUTHENTICATED: "Send your key in the header: Authorization: Bearer <prefix>.<secret>",
    Kind.NOT_FOUND: "Check the address; what belongs to another retailer cannot be seen here.",
    Kind.NOT_ACCEPTABLE: "Answers are application/json; say so in the header Accept, or leave it out.",
    Kind.UNSUPPORTED_MEDIA_TYPE: "Send the body as JSON, with the header Content-Type: application/json",
    Kind.BODY_TOO_LARGE: f"Send at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} bytes at once.",
    Kind.MALFORMED_REQUEST: "Check the address and the headers.",
    Kind.SERVER_ERROR: "Nothing was done. Tell us the request_id when you ask about it.",
}


def _request_id(request: HttpRequest) -> str:
    return str(getattr(request, "request_id", ""))
