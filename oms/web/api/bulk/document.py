"""A bulk job and its rows as partners get them."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from oms.web.api.documents import Document, Page, instant_text
from oms.web.models import BulkJob, BulkRow

COLLECTION = "/api/v1/bulk"


class BulkLinks(Document):
    """The job and its rows."""

    self: str
    rows: str


class BulkDocument(Document):
    """How far a bulk job is."""

    id: int
    kind: str = Field(examples=["orders"])
    status: str = Field(description="waiting, running or done.")
    total: int = Field(description="Rows that were sent.")
    succeeded: int
    refused: int
    created_at: AwareDatetime
    finished_at: AwareDatetime | None
    links: BulkLinks


class BulkResult(Document):
    """What became of a row. Refused: ``code``, ``pointer`` and ``detail`` of the first fault."""

    code: str = ""
    pointer: str = ""
    detail: str = ""


class BulkRowDocument(Document):
    """A row of a bulk job, numbered from 1 as they were sent."""

    row: int
    status: str = Field(description="waiting, done or refused.")
    result: BulkResult | None


class BulkRowPage(Page):
    """Rows in the order in which they were sent."""

    rows: list[BulkRowDocument]


def bulk_document(job: BulkJob) -> dict[str, object]:
    """A job."""
    address = f"{COLLECTION}/{job.pk}"
    return {
        "id": job.pk,
        "kind": job.kind,
        "status": job.status,
        "total": job.total,
        "succeeded": job.succeeded,
        "refused": job.refused,
        "created_at": instant_text(job.created_at),
        "finished_at": instant_text(job.finished_at),
        "links": {"self": address, "rows": f"{address}/rows"},
    }


def row_document(row: BulkRow) -> dict[str, object]:
    """A row."""
    return {"row": row.number, "status": row.status, "result": row.result}
