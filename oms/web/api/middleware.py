"""Problem documents for what goes wrong outside the views."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from oms.web.api.problems import CONTENT_TYPE, Kind, Problem, response

_KINDS = {
    403: (Kind.FORBIDDEN, "Check what you may do here."),
    404: (Kind.NOT_FOUND, "Check the host name and the address."),
    503: (Kind.TRY_AGAIN, "Send the same request again after a moment; with an Idempotency-Key it is done once."),
}
_OTHER_REFUSALS = (Kind.MALFORMED_REQUEST, "Check the host name, the headers and the address.")
_OUR_FAULT = (Kind.SERVER_ERROR, "Tell us the request_id when you ask about it.")


class ProblemsEverywhere:
    """Turns every error under ``/api/`` into a problem document, also those that no view has seen.

    Such are host names and addresses that nobody serves, and a database that is away. It stands before the
    middleware that find the retailer, and behind the one that numbers requests.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if answer.status_code < 400 or answer.headers.get("Content-Type") == CONTENT_TYPE:
            return answer
        if not f"{request.path}/".startswith("/api/"):
            return answer
        kind, detail = _KINDS.get(answer.status_code, _OUR_FAULT if answer.status_code >= 500 else _OTHER_REFUSALS)
        return response(request, Problem(kind, detail))
