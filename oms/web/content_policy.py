"""What pages of the back offices may load and run: their own files alone.

unfold's components are written in Alpine, which makes functions of what stands in attributes; so ``unsafe-eval`` is
allowed there. No script may stand in a page itself, so what somebody types can never become one.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

HEADER = "Content-Security-Policy"
_BACK_OFFICE = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


class BackOfficePolicy:
    """Says so in each answer below ``/admin/``, unless its view has said something stricter."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith("/admin/"):
            response.headers.setdefault(HEADER, _BACK_OFFICE)
        return response
