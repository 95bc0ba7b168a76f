"""What is done for a request once its transaction has committed, and before its answer leaves."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

logger = logging.getLogger(__name__)


def afterwards(request: Request, work: Callable[[HttpResponse], None]) -> None:
    """Let ``work`` happen once the transaction has ended; it may change the answer.

    Nothing is open when it is called. It finds out for itself whether the transaction committed. Should it fail, that
    is logged, and the answer leaves as it was.
    """
    request._request.afterwards = work  # type: ignore[attr-defined]


class Afterwards:
    """Stands around the middleware that opens the transaction."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        work: Callable[[HttpResponse], None] | None = getattr(request, "afterwards", None)
        if work is not None:
            try:
                work(response)
            except Exception:
                logger.exception("what follows %s %s failed; it was answered as it stood", request.method, request.path)
        return response
