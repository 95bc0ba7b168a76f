"""``/api/v1/openapi.json`` for programs, ``/api/docs`` for people."""

from __future__ import annotations

import hashlib
import json
from functools import cache

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.views.decorators.http import require_safe
from rest_framework.request import Request
from rest_framework.response import Response

from oms.web.api.describing import describes
from oms.web.api.openapi.generator import openapi_document
from oms.web.api.views import ApiView

#: The pages run nothing and load nothing but our own files.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class OpenApiView(ApiView):
    """The description of the API itself; it tells nothing of the retailer, so it needs no key."""

    authentication_classes = ()
    permission_classes = ()

    @describes("Get this document", answers={200: None})
    def get(self, request: Request) -> HttpResponse | Response:
        """OpenAPI 3.1."""
        text, tag = _written()
        if request.headers.get("If-None-Match") == tag:
            return HttpResponseNotModified(headers={"ETag": tag})
        return HttpResponse(text, content_type="application/json", headers={"ETag": tag, "Cache-Control": "no-cache"})


@require_safe
def api_pages(request: HttpRequest) -> HttpResponse:
    """The document as pages."""
    response = render(request, "web/api_pages.html")
    response["Content-Security-Policy"] = _POLICY
    return response


@cache
def _written() -> tuple[str, str]:
    text = json.dumps(openapi_document())
    return text, f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
