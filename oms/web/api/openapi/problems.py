"""Which problems an operation may answer with, and how each looks."""

from __future__ import annotations

from collections import defaultdict

from oms.web.api.describing import Operation
from oms.web.api.documents import Schema
from oms.web.api.problems import CONTENT_TYPE, Kind

_EVERYWHERE = (
    Kind.MALFORMED_REQUEST, Kind.METHOD_NOT_ALLOWED, Kind.NOT_ACCEPTABLE, Kind.VALIDATION, Kind.SERVER_ERROR,
    Kind.TRY_AGAIN,
)  # fmt: skip
_WITH_A_KEY = (
    Kind.UNAUTHENTICATED, Kind.KEY_UNKNOWN, Kind.KEY_EXPIRED, Kind.KEY_REVOKED, Kind.SCOPE_MISSING,
    Kind.ADDRESS_NOT_ALLOWED, Kind.RATE_LIMITED,
)  # fmt: skip
_WITH_A_BODY = (Kind.MALFORMED_JSON, Kind.LENGTH_REQUIRED, Kind.BODY_TOO_LARGE, Kind.UNSUPPORTED_MEDIA_TYPE)
_ONCE = (Kind.IDEMPOTENCY_KEY_IN_FLIGHT, Kind.IDEMPOTENCY_KEY_REUSED)


def problems_of(operation: Operation, *, reading: bool, open_to_all: bool) -> Schema:
    """Responses by status, each naming the codes that it may have."""
    kinds = [*operation.problems, *_EVERYWHERE]
    kinds += () if open_to_all else _WITH_A_KEY
    kinds += () if reading else [Kind.KEY_READ_ONLY, *_WITH_A_BODY]
    kinds += _ONCE if operation.once else ()
    kinds += [Kind.PRECONDITION_FAILED] if operation.conditional and not reading else []
    of_status: dict[int, dict[str, Kind]] = defaultdict(dict)
    for kind in kinds:
        of_status[kind.status][kind.code] = kind
    return {str(status): _response(list(found.values())) for status, found in sorted(of_status.items())}


def problem_response(kind: Kind) -> Schema:
    """The response with one problem."""
    return _response([kind])


def _response(kinds: list[Kind]) -> Schema:
    examples = {kind.code: {"summary": kind.title, "value": _example(kind)} for kind in kinds}
    said = "; ".join(f"{kind.title} (`{kind.code}`)" for kind in kinds)
    headers: Schema = {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}
    if {Kind.RATE_LIMITED, Kind.TRY_AGAIN, Kind.IDEMPOTENCY_KEY_IN_FLIGHT} & set(kinds):
        headers["Retry-After"] = {"$ref": "#/components/headers/Retry-After"}
    return {
        "description": said,
        "headers": headers,
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}, "examples": examples}},
    }


def _example(kind: Kind) -> Schema:
    example: Schema = {
        "type": f"/problems/{kind.code.replace('_', '-')}",
        "title": kind.title,
        "status": kind.status,
        "detail": f"{kind.title}.",
        "code": kind.code,
        "instance": "/api/v1/orders",
        "request_id": "0b0c9d6ef6f54d3b8a1c8b6cf0a7a9e1",
    }
    if kind is Kind.VALIDATION:
        example["errors"] = [{"pointer": "/lines/0/quantity", "code": "out_of_range", "detail": "It is at least 1."}]
    return example
