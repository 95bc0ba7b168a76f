"""Versions of documents: ``ETag``, ``If-None-Match`` and ``If-Match`` (RFC 9110).

A document's tag is a digest of its content, so it needs no column and changes whenever anything in it does.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from rest_framework.request import Request
from rest_framework.response import Response

from oms.web.api.problems import Kind, Problem

_TAG = re.compile(r'(?:W/)?"([^"]*)"')


def tag_of(document: Mapping[str, object]) -> str:
    """The entity tag of a document."""
    content = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def tagged(request: Request, document: Mapping[str, object], *, tag: str = "") -> Response:
    """The document with its tag; 304 without it where the caller has just this version.

    ``tag``: where it says something beside its content, such as only what can be edited of it.
    """
    tag = tag or tag_of(document)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if request.method in ("GET", "HEAD") and names_tag(request.headers.get("If-None-Match", ""), tag):
        return Response(status=304, headers=headers)
    return Response(document, headers=headers)


def require_version(request: Request, document: Mapping[str, object], *, always: bool = False, tag: str = "") -> None:
    """Refuse a write for another version than ``document``, which the caller holds under lock.

    ``always``: also one that names no version. ``tag``: as to :func:`tagged`. Raises
    :class:`~oms.web.api.problems.Problem`.
    """
    wanted = request.headers.get("If-Match")
    if wanted is None:
        if always:
            raise Problem(Kind.PRECONDITION_REQUIRED, "Read it, and send its ETag in the header If-Match.")
        return
    if not names_tag(wanted, tag or tag_of(document)):
        raise Problem(Kind.PRECONDITION_FAILED, "Read it again, and decide again. Nothing was done.")


def names_tag(header: str, tag: str) -> bool:
    """Whether a header of the caller names this tag."""
    return header.strip() == "*" or tag.removeprefix("W/").strip('"') in _TAG.findall(header)
