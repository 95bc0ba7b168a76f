"""From the addresses and what is said beside them to an OpenAPI 3.1 document."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from oms.web.api.describing import Operation
from oms.web.api.documents import ProblemDocument, Schema
from oms.web.api.fields import PLAIN_TEXT
from oms.web.api.openapi.problems import problem_response, problems_of
from oms.web.api.openapi.webhooks import webhooks
from oms.web.api.problems import Kind
from oms.web.api.views import ApiView
from oms.web.rights import Scope

BASE = "/api/v1/"
_METHODS = ("get", "post", "put", "patch", "delete")
_REFERENCE = "#/components/schemas/{model}"
_STEP = re.compile(r"<(?:(\w+):)?(\w+)>")
#: What a step of an address is like, by the converter that reads it.
_STEPS: dict[str, Schema] = {
    "path": {"type": "string", "minLength": 1},
    "slug": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
    "int": {"type": "integer", "minimum": 0},
    "str": {"type": "string", "minLength": 1},
}
_INTRODUCTION = """\
Orders, fulfilment requests and stock of one retailer. Every call needs a key that the retailer has issued:
`Authorization: Bearer <prefix>.<secret>`.

- A write may carry `Idempotency-Key`: sent again with the same body it is answered as before and done once.
- Errors are problem documents (RFC 9457). Programs rely on `code`; `errors` names each value by a JSON pointer.
- Lists come in pages: give `next_cursor` as `cursor`, or follow `links.next`.
- Every answer says how the key's rate stands: `RateLimit-Policy` and `RateLimit`; a 429 says `Retry-After`.
- Amounts are strings, exact; times are RFC 3339 with an offset.
- Answers may gain members and values of `status` at any time: ignore what you do not know."""


@cache
def openapi_document() -> dict[str, Any]:
    """The document: the same for every retailer and for as long as the process lives."""
    from oms.web.urls.api import urlpatterns  # the address of this document is one of them

    described = list(_described(urlpatterns))
    models = _models([operation for _, _, _, operation in described])
    schemas = models_json_schema(models, ref_template=_REFERENCE)[1].get("$defs", {})
    paths: dict[str, dict[str, Any]] = {}
    for path, method, view, operation in described:
        paths.setdefault(_template(path), {})[method] = _operation(path, method, view, operation, schemas)
    taken = {operation.body.__name__ for _, _, _, operation in described if operation.body}
    for name in _reachable(taken, schemas):
        _say_what_text_is(schemas[name])
    return {
        "openapi": "3.1.0",
        "info": {"title": "Partner API", "version": "1", "description": _INTRODUCTION},
        "servers": [{"url": "/", "description": "The host name of the retailer"}],
        "tags": [{"name": name} for name in dict.fromkeys(_tag(path) for path, *_ in described)],
        "security": [{"key": []}],
        "paths": paths,
        "webhooks": webhooks(),
        "components": {
            "schemas": schemas,
            "responses": {kind.code: problem_response(kind) for kind in Kind},
            "headers": _HEADERS,
            "securitySchemes": {
                "key": {
                    "type": "http", "scheme": "bearer", "bearerFormat": "prefix.secret",
                    "description": "Scopes: " + "; ".join(f"`{scope.value}` {scope.sentence}" for scope in Scope),
                }
            },
        },
    }  # fmt: skip


_HEADERS: dict[str, Schema] = {
    "RateLimit-Policy": {
        "description": "Calls at once (q) and the seconds in which they come back (w).",
        "schema": {"type": "string"}, "example": '"key";q=1000;w=5',
    },
    "RateLimit": {
        "description": "Calls left now (r) and the seconds until all are back (t).",
        "schema": {"type": "string"}, "example": '"key";r=999;t=1',
    },
    "X-Request-Id": {"description": "Name it when you ask about this call.", "schema": {"type": "string"}},
    "ETag": {"description": "The version of the document.", "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "true: this was done before, and this is the answer that was given.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Location": {"description": "Where what was made is.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
}  # fmt: skip
_ALWAYS = ("RateLimit-Policy", "RateLimit", "X-Request-Id")


def _described(patterns: Sequence[Any], before: str = BASE) -> Iterator[tuple[str, str, type[ApiView], Operation]]:
    """What is described. Addresses that platforms call, each in its own form, are not, and are left out."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _described(pattern.url_patterns, before + str(pattern.pattern))
            continue
        view = getattr(getattr(pattern, "callback", None), "view_class", None)
        if not isinstance(pattern, URLPattern) or view is None or not hasattr(pattern.pattern, "_route"):
            continue
        for method in _METHODS:
            operation = getattr(getattr(view, method, None), "operation", None)
            if operation is not None:
                yield before + str(pattern.pattern._route), method, view, operation


def _models(operations: Sequence[Operation]) -> list[Any]:
    found: dict[type[BaseModel], str] = {ProblemDocument: "serialization"}
    for operation in operations:
        for answer in operation.answers.values():
            if answer:
                found[answer] = "serialization"
        if operation.body:
            found[operation.body] = "validation"
    return list(found.items())


def _operation(path: str, method: str, view: type[ApiView], operation: Operation, schemas: Schema) -> Schema:
    open_to_all = not view.authentication_classes
    scope = view.read_scope if method == "get" else view.write_scope
    handler = getattr(view, method)
    document: Schema = {
        "operationId": f"{method}_{re.sub(r'[^a-z]+', '_', path.removeprefix(BASE)).strip('_')}",
        "tags": [_tag(path)],
        "summary": operation.summary,
        "description": _description(handler) + ("" if open_to_all or scope is None else f"\n\nScope: `{scope.value}`"),
        "parameters": [*_steps(path), *_parameters(operation), *_request_headers(operation, method)],
        "responses": _responses(operation, method, open_to_all=open_to_all),
    }
    if open_to_all:
        document["security"] = []
    if operation.raw:
        document["requestBody"] = _file_body(operation)
    elif operation.body and operation.media_types != ("application/json",):
        document["requestBody"] = _stream_body(operation)
    elif operation.body:
        document["requestBody"] = _request_body(operation, schemas)
    return document


def _description(handler: Any) -> str:
    return inspect.getdoc(handler) or ""


def _request_body(operation: Operation, schemas: Schema) -> Schema:
    body = operation.body
    name = body.__name__ if body else ""
    examples = {
        f"example{number}": {"summary": summary, "value": value}
        for number, (summary, value) in enumerate(operation.examples.items(), 1)
    }
    content: Schema = {"schema": {"$ref": _REFERENCE.format(model=name)}}
    if examples:
        content["examples"] = examples
    return {
        "required": bool(schemas[name].get("required")),
        "content": dict.fromkeys(operation.media_types, content),
    }


def _stream_body(operation: Operation) -> Schema:
    """Rows, each like the body's model; the formats have no schema of their own."""
    name = operation.body.__name__ if operation.body else ""
    said = f"One `{name}` a line (see the schemas), or CSV whose columns are named by the path: `lines.0.sku`."
    samples = dict(zip(operation.media_types, operation.examples.values(), strict=True))
    return {
        "required": True,
        "description": said,
        "content": {
            media_type: {"schema": {"type": "string", "minLength": 1}, "example": samples[media_type]}
            for media_type in operation.media_types
        },
    }


def _file_body(operation: Operation) -> Schema:
    return {"required": True, "content": _files(operation.media_types)}


def _files(media_types: Sequence[str]) -> Schema:
    return {name: {"schema": {"type": "string", "contentMediaType": name}} for name in media_types}


def _responses(operation: Operation, method: str, *, open_to_all: bool) -> Schema:
    responses: Schema = {}
    for status, answer in operation.answers.items():
        names = [*_ALWAYS, *_headers_of(status, method, operation)]
        response: Schema = {
            "description": {200: "Done", 201: "Made", 202: "Taken", 204: "Done"}.get(status, "Done"),
            "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        }
        if operation.gives:
            response["content"] = _files(operation.gives)
        elif status != 204:
            schema: Schema = {"$ref": _REFERENCE.format(model=answer.__name__)} if answer else {"type": "object"}
            response["content"] = {"application/json": {"schema": schema}}
        responses[str(status)] = response
    if operation.conditional and method == "get":
        responses["304"] = {"description": "You have this version", "headers": {
            "ETag": {"$ref": "#/components/headers/ETag"}}}  # fmt: skip
    by_status = problems_of(operation, reading=method == "get", open_to_all=open_to_all)
    return {**responses, **by_status}


def _headers_of(status: int, method: str, operation: Operation) -> Iterator[str]:
    if operation.conditional and method == "get":
        yield "ETag"
    if operation.once:
        yield "Idempotency-Replayed"
    if status == 201:
        yield "Location"


def _steps(path: str) -> Iterator[Schema]:
    for converter, name in _STEP.findall(path):
        yield {"name": name, "in": "path", "required": True, "schema": _STEPS[converter or "str"]}


def _parameters(operation: Operation) -> Iterator[Schema]:
    if operation.parameters is None:
        return
    schema = operation.parameters.model_json_schema(ref_template=_REFERENCE)
    definitions = schema.get("$defs", {})
    for name, member in schema["properties"].items():
        yield {
            "name": name, "in": "query", "required": name in schema.get("required", []),
            "schema": _parameter_schema(member, definitions),
        }  # fmt: skip


def _parameter_schema(member: Schema, definitions: Schema) -> Schema:
    """A parameter is given or left out: that it may be null says nothing to whoever gives it."""
    if "anyOf" in member:
        [given] = [choice for choice in member["anyOf"] if choice != {"type": "null"}]
        member = {**given, **{key: value for key, value in member.items() if key not in ("anyOf", "default")}}
    if "$ref" in member:
        member = {**definitions[member["$ref"].rpartition("/")[2]]}
    member.pop("title", None)
    if member.get("type") == "array":
        member["items"] = _parameter_schema(member["items"], definitions)
    if member.get("type") == "string" and not {"pattern", "enum", "format"} & set(member):
        member["pattern"] = PLAIN_TEXT
    return member


def _request_headers(operation: Operation, method: str) -> Iterator[Schema]:
    if operation.once:
        yield {
            "name": "Idempotency-Key", "in": "header", "required": False,
            "description": "Names this write: sent again, it is answered as before and done once.",
            "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
        }  # fmt: skip
    if operation.conditional:
        reading = method == "get"
        yield {
            "name": "If-None-Match" if reading else "If-Match", "in": "header", "required": False,
            "description": "An ETag: 304 where you have this version." if reading
            else "An ETag: refused where it is not this version any more.",
            "schema": {"type": "string"},
        }  # fmt: skip


def _say_what_text_is(schema: Any) -> None:
    """Text of a body has no control characters; the strict reader of bodies sees to it everywhere."""
    if isinstance(schema, dict):
        if schema.get("type") == "string" and not {"pattern", "enum", "format", "const"} & set(schema):
            schema["pattern"] = PLAIN_TEXT
        for member in schema.values():
            _say_what_text_is(member)
    elif isinstance(schema, list):
        for member in schema:
            _say_what_text_is(member)


def _reachable(names: set[str], schemas: Schema) -> set[str]:
    found: set[str] = set()
    waiting = sorted(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += re.findall(r"#/components/schemas/(\w+)", str(schemas[name]))
    return found


def _template(path: str) -> str:
    return _STEP.sub(r"{\2}", path)


def _tag(path: str) -> str:
    return path.removeprefix(BASE).split("/")[0].split(".")[0].replace("-", " ").capitalize()
