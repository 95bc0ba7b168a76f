"""What the views of the API share."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oms.infra.idempotency import Answer, answer_once
from oms.web.api.authentication import key_of
from oms.web.api.cursor import Place, write_cursor
from oms.web.api.fields import Checked, checked
from oms.web.api.parsers import parameter_faults
from oms.web.api.problems import Fault, Kind, Problem, invalid
from oms.web.rights import Scope

_IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,255}")

Row = TypeVar("Row")


class ApiView(APIView):
    """An address of the API. Whatever it raises is answered by :func:`oms.web.api.problems.handle`.

    A key needs ``read_scope`` to read it and ``write_scope`` for everything else; None: any key will do.
    """

    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    read_scope: Scope | None = Scope.ORDERS_READ
    write_scope: Scope | None = Scope.ORDERS_WRITE

    def required_scope(self, request: Request) -> Scope | None:
        """The scope that a request needs; None: any key will do."""
        return self.read_scope if request.method in SAFE_METHODS else self.write_scope

    def body(self, request: Request, model: type[Checked]) -> Checked:
        """The JSON body as ``model``. Raises :class:`~oms.web.api.problems.Problem`."""
        if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
            raise Problem(Kind.LENGTH_REQUIRED, "Send the header Content-Length instead of Transfer-Encoding.")
        return checked(model, request.data)

    def parameters(self, request: Request, model: type[Checked]) -> Checked:
        """The parameters of the address as ``model``. Raises :class:`~oms.web.api.problems.Problem`."""
        given = dict(request.query_params.lists())
        repeated = [
            Fault(name, "repeated", "It is given more than once.", "parameter")
            for name, values in given.items()
            if len(values) > 1
        ]
        if repeated:
            raise invalid(repeated)
        found = checked(model, {name: values[0] for name, values in given.items()}, within="parameter")
        unsafe = [fault for name, values in given.items() for fault in parameter_faults(name, values[0])]
        if unsafe:
            raise invalid(unsafe)
        return found

    def page(
        self,
        request: Request,
        collection: str,
        name: str,
        found: Sequence[Row],
        limit: int,
        document: Callable[[Row], dict[str, object]],
        place: Callable[[Row], Place],
    ) -> Response:
        """A page of at most ``limit`` documents; ``found`` holds one row more where another page follows."""
        page = found[:limit]
        cursor = write_cursor(place(page[-1])) if len(found) > len(page) else None
        parameters = {**request.query_params.dict(), "cursor": cursor}
        following = f"{collection}?{urlencode(parameters)}" if cursor else None
        return Response(
            {
                name: [document(row) for row in page],
                "next_cursor": cursor,
                "links": {"self": request.get_full_path(), "next": following},
            }
        )

    def answer_once(self, request: Request, work: Callable[[], Answer], *, same: bytes | None = None) -> Response:
        """Do a write; once only where the header ``Idempotency-Key`` names it (kept with the write itself).

        ``same`` is what makes two requests the same, where the body was streamed and is not there any more.
        """
        key = idempotency_key(request)
        if key is None:
            return _response(work())
        if same is None:
            same = b"\n".join([f"{request.method} {request.get_full_path()}".encode(), request.body])
        return _response(answer_once(caller=idempotency_caller(request), key=key, request=same, work=work))


def idempotency_key(request: Request) -> str | None:
    """The name that the caller gives the write, if any. Raises :class:`~oms.web.api.problems.Problem`."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        raise Problem(Kind.MALFORMED_REQUEST, "Idempotency-Key has 1 to 255 visible ASCII characters.")
    return key


def idempotency_caller(request: Request) -> str:
    """Whose names the keys of a request are."""
    return f"api-key:{key_of(request).prefix}"


class NothingHere(ApiView):
    """Addresses under the API that nobody serves, with a key or without."""

    authentication_classes = ()
    permission_classes = ()

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Before anything else: what is not there has no methods and no formats."""
        raise Problem(Kind.NOT_FOUND, f"There is nothing at {request.path}.")


def _response(answer: Answer) -> Response:
    headers = {}
    if answer.replayed:
        headers["Idempotency-Replayed"] = "true"
    links = answer.body.get("links")
    if answer.status == 201 and isinstance(links, dict):
        headers["Location"] = str(links["self"])
    return Response(answer.body, status=answer.status, headers=headers)
