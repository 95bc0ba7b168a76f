"""Files that people put on orders, on their way out."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from orders.models import OrderAttachment


def file_answer(found: OrderAttachment) -> HttpResponse:
    """A file, to be saved: a browser never shows it as a page of ours."""
    answer = HttpResponse(bytes(found.content), content_type=found.content_type)
    answer["Content-Disposition"] = content_disposition_header(True, found.name) or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    answer["Cache-Control"] = "private, no-store"
    return answer
