"""``/api/v1/orders/<number>/files``: files on an order that partners may see, such as a slip or a photo."""

from __future__ import annotations

import re
from typing import Annotated

from django.http import HttpResponse, HttpResponseNotModified, UnreadablePostError
from django.http.response import HttpResponseBase
from pydantic import AwareDatetime, Field
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from oms.infra.idempotency import Answer
from oms.web.api.authentication import key_of
from oms.web.api.conditional import names_tag, require_version
from oms.web.api.describing import describes
from oms.web.api.documents import Document, Links, instant_text
from oms.web.api.fields import Parameters, text
from oms.web.api.orders.changes import order_named
from oms.web.api.orders.document import address
from oms.web.api.problems import Fault, Kind, Problem, invalid
from oms.web.api.requests.document import COLLECTION as REQUESTS
from oms.web.api.requests.views import request_seen
from oms.web.api.views import ApiView
from oms.web.files import file_answer
from oms.web.rights import Scope
from orders.domain.attachments import TYPES, content_type_of
from orders.models import OrderAttachment
from orders.services import FileRefused, file_attach, file_remove

_DIGEST = re.compile(r"[0-9a-f]{64}")


class FileParameters(Parameters):
    """What the file is called; the ending is that of its type."""

    name: Annotated[str, text(120, shortest=1)]


class FileDocument(Document):
    """A file. ``links.self`` gives its content."""

    file: str = Field(description="SHA-256 of its content, in hexadecimal: what names it among the order's.")
    name: str
    content_type: str
    size: int = Field(description="Bytes.")
    author: str
    added_at: AwareDatetime
    links: Links


class FileList(Document):
    """Files on an order, the oldest first."""

    files: list[FileDocument]


class FilesView(ApiView):
    """Files on one order that partners may see; the retailer's own are never among them."""

    @describes("List files", answers={200: FileList}, problems=[Kind.NOT_FOUND])
    def get(self, request: Request, number: str) -> Response:
        """All of them, the oldest first."""
        order = order_named(request, number)
        return Response(_list(order.number, address(order.number)))

    @describes("Put a file on an order", parameters=FileParameters, answers={201: FileDocument}, once=True,
               media_types=tuple(TYPES), raw=True, problems=[Kind.NOT_FOUND])  # fmt: skip
    def post(self, request: Request, number: str) -> Response:
        """The body is the file, at most 5 MiB. The same content again is the file that is there."""
        asked = self.parameters(request, FileParameters)
        content = _content(request, asked.name)
        order = order_named(request, number)

        def attach() -> Answer:
            try:
                attached = file_attach(
                    order_number=order.number, name=asked.name, content=content, author=str(key_of(request)),
                    for_partners=True,
                )  # fmt: skip
            except FileRefused as refused:
                raise invalid([Fault("", "file_refused", f"{refused}.")]) from refused
            return Answer(201, _document(attached, address(order.number)))

        return self.answer_once(request, attach)


class _AnyFormat(BaseContentNegotiation):
    """A file has one format; whatever is asked for, it is answered in its own and problems in theirs."""

    def select_parser(self, request, parsers):  # type: ignore[no-untyped-def]  # as the base has it
        return parsers[0]

    def select_renderer(self, request, renderers, format_suffix=None):  # type: ignore[no-untyped-def]
        return renderers[0], renderers[0].media_type


class FileView(ApiView):
    """One file."""

    content_negotiation_class = _AnyFormat

    @describes("Get a file", answers={200: None}, gives=tuple(TYPES), conditional=True, problems=[Kind.NOT_FOUND])
    def get(self, request: Request, number: str, file: str) -> HttpResponseBase:
        """Its content, to be saved."""
        return _download(request, order_named(request, number).number, file)

    @describes("Take a file away", answers={204: None}, conditional=True, problems=[Kind.NOT_FOUND, Kind.FORBIDDEN])
    def delete(self, request: Request, number: str, file: str) -> Response:
        """For the key that put it there. What staff or another key put there stays: 403."""
        order = order_named(request, number)
        found = _found(order.number, file)
        require_version(request, {}, tag=_tag(found))
        try:
            file_remove(order_number=order.number, sha256=found.sha256, author=str(key_of(request)))
        except FileRefused as refused:
            raise Problem(Kind.FORBIDDEN, f"{refused}.") from refused
        return Response(status=204)


class RequestFilesView(ApiView):
    """Files of the order of one fulfilment request, for who works it: a vendor's key sees its own requests alone."""

    read_scope = Scope.REQUESTS_READ

    @describes("List the files of a request", answers={200: FileList}, problems=[Kind.NOT_FOUND])
    def get(self, request: Request, number: str) -> Response:
        """All of them that partners may see, the oldest first."""
        found = request_seen(request, number).summary
        return Response(_list(found.order, f"{REQUESTS}/{found.number}"))


class RequestFileView(ApiView):
    """One file of the order of a fulfilment request."""

    read_scope = Scope.REQUESTS_READ
    content_negotiation_class = _AnyFormat

    @describes("Get a file of a request", answers={200: None}, gives=tuple(TYPES), conditional=True,
               problems=[Kind.NOT_FOUND])  # fmt: skip
    def get(self, request: Request, number: str, file: str) -> HttpResponseBase:
        """Its content, to be saved."""
        return _download(request, request_seen(request, number).summary.order, file)


def _content(request: Request, name: str) -> bytes:
    """The body, whole. Raises ``Problem``."""
    sort = (request.content_type or "").partition(";")[0].strip().lower()
    if sort not in TYPES:
        raise Problem(Kind.UNSUPPORTED_MEDIA_TYPE, f"Send the file as one of {', '.join(TYPES)}.")
    if sort != content_type_of(name):
        endings = " or ".join(TYPES[sort][0])
        raise invalid([Fault("name", "ending", f"The name of a file of {sort} ends in {endings}.", "parameter")])
    if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
        raise Problem(Kind.LENGTH_REQUIRED, "Send the header Content-Length instead of Transfer-Encoding.")
    try:
        return bytes(request.body)
    except UnreadablePostError as fault:
        raise Problem(Kind.MALFORMED_REQUEST, "The body ended before its announced length.") from fault


def _list(order_number: str, at: str) -> dict[str, object]:
    rows = OrderAttachment.objects.filter(order__number=order_number, for_partners=True).defer("content")
    return {"files": [_document(row, at) for row in rows.order_by("id")]}


def _found(order_number: str, file: str) -> OrderAttachment:
    rows = OrderAttachment.objects.filter(order__number=order_number, for_partners=True).defer("content")
    found = rows.filter(sha256=file).first() if _DIGEST.fullmatch(file) else None
    if found is None:
        raise Problem(Kind.NOT_FOUND, f"There is no file {file}.")
    return found


def _tag(found: OrderAttachment) -> str:
    return f'"{found.sha256}"'


def _download(request: Request, order_number: str, file: str) -> HttpResponse:
    found = _found(order_number, file)
    if names_tag(request.headers.get("If-None-Match", ""), _tag(found)):
        return HttpResponseNotModified(headers={"ETag": _tag(found), "Cache-Control": "private, no-cache"})
    answer = file_answer(found)
    answer["ETag"], answer["Cache-Control"] = _tag(found), "private, no-cache"
    return answer


def _document(found: OrderAttachment, at: str) -> dict[str, object]:
    return {
        "file": found.sha256,
        "name": found.name,
        "content_type": found.content_type,
        "size": found.size,
        "author": found.author,
        "added_at": instant_text(found.added_at),
        "links": {"self": f"{at}/files/{found.sha256}"},
    }
