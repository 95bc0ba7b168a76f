"""``/api/v1/stock-feeds``: what another system says about stock, sent as CSV or NDJSON."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Annotated
from urllib.parse import urlencode

from django.http import UnreadablePostError
from pydantic import AwareDatetime, Field
from rest_framework.request import Request
from rest_framework.response import Response

from fulfilment.inventory.models import FeedKind, RowOutcome, StockFeed, StockFeedRow
from fulfilment.inventory.services.feed_rows import Columns, Given, rows_of_csv, rows_of_ndjson
from fulfilment.inventory.services.feed_step import feed_merge_step
from fulfilment.inventory.services.feeds import feed_merge_later, feed_receive
from oms.infra.idempotency import Answer
from oms.infra.rows import TooManyRows, UnreadableRows, lines_of
from oms.web.api.authentication import key_of
from oms.web.api.describing import describes
from oms.web.api.documents import Document, Links, PageLinks
from oms.web.api.fields import Body, Identifier, Instant, Parameters, text
from oms.web.api.problems import Fault, Kind, Problem, invalid
from oms.web.api.views import ApiView
from oms.web.rights import Scope

COLLECTION = "/api/v1/stock-feeds"
MOST_ROWS = 100_000
MOST_BYTES = 32 * 1024 * 1024
#: So many rows are merged while the sender waits; more are a job.
MERGED_AT_ONCE = 2_000
_BLOCK = 256 * 1024
_TYPES = ("text/csv", "application/x-ndjson", "application/ndjson")


class FeedParameters(Parameters):
    """What the rows mean; ``location`` where all of them are about one."""

    kind: FeedKind = FeedKind.SNAPSHOT
    location: Annotated[str, text(32)] = ""


class RowParameters(Parameters):
    """Which rows, and how many at once."""

    outcome: RowOutcome | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 200
    after: Annotated[int, Field(ge=0, le=2_147_483_647)] = 0


class FeedRowBody(Body):
    """A row: what is at a location (snapshot), or by how much it has changed (delta)."""

    location: Identifier | None = None
    sku: Identifier
    quantity: Annotated[int, Field(ge=-2_147_483_647, le=2_147_483_647)]
    as_of: Instant | None = None


class FeedLinks(Links):
    """The feed and its rows."""

    rows: str
    refused: str


class FeedDocument(Document):
    """How far a feed is: ``merged`` of ``rows`` have their result."""

    id: int
    kind: str = Field(description="snapshot or delta.")
    status: str = Field(description="waiting, merging or done.")
    rows: int
    merged: int
    refused: int
    short: int = Field(description="Accepted as far as stock is not reserved.")
    changed: int = Field(description="Accepted rows that moved stock.")
    received_at: AwareDatetime
    finished_at: AwareDatetime | None
    links: FeedLinks


class FeedRowDocument(Document):
    """A row of a feed, numbered from 1 as they were sent."""

    number: int
    location: str
    sku: str
    quantity: int | None
    as_of: AwareDatetime | None
    outcome: str = Field(description="waiting, accepted, short or refused.")
    reason: str | None


class FeedRowPage(Document):
    """Rows in the order in which they were sent."""

    rows: list[FeedRowDocument]
    links: PageLinks


class FeedsView(ApiView):
    """Feeds are sent here."""

    read_scope, write_scope = Scope.STOCK_READ, Scope.STOCK_WRITE

    @describes("Send what is in stock", body=FeedRowBody, parameters=FeedParameters, once=True,
               answers={201: FeedDocument, 202: FeedDocument}, media_types=("application/x-ndjson", "text/csv"),
               examples={"NDJSON": '{"location":"LONDON","sku":"A","quantity":7}\n',
                         "CSV": "location,sku,quantity\nLONDON,A,7\n"})  # fmt: skip
    def post(self, request: Request) -> Response:
        """Up to 100,000 rows. 201 when they are merged already, 202 when a job merges them: ask at ``links.self``."""
        asked = self.parameters(request, FeedParameters)
        sort = (request.content_type or "").partition(";")[0].strip().lower()
        if sort not in _TYPES:
            raise Problem(Kind.UNSUPPORTED_MEDIA_TYPE, f"Send the rows as {' or '.join(_TYPES[:2])}.")
        body, digest = _spooled(request)
        same = f"{request.method} {request.get_full_path()} {sort} ".encode() + digest
        return self.answer_once(
            request, lambda: _receive(asked, _rows(body, sort, asked.location), actor=str(key_of(request))), same=same
        )


class FeedView(ApiView):
    """One feed."""

    read_scope, write_scope = Scope.STOCK_READ, Scope.STOCK_WRITE

    @describes("Get a stock feed", answers={200: FeedDocument}, problems=[Kind.NOT_FOUND])
    def get(self, request: Request, number: int) -> Response:
        """How far it is, and what became of its rows."""
        return Response(feed_document(_feed(number)))


class FeedRowsView(ApiView):
    """What became of each row."""

    read_scope, write_scope = Scope.STOCK_READ, Scope.STOCK_WRITE

    @describes("List the rows of a stock feed", parameters=RowParameters, answers={200: FeedRowPage},
               problems=[Kind.NOT_FOUND])  # fmt: skip
    def get(self, request: Request, number: int) -> Response:
        """A page of rows in their order; ``next`` is null on the last one."""
        asked = self.parameters(request, RowParameters)
        feed = _feed(number)
        rows = StockFeedRow.objects.filter(feed=feed, number__gt=asked.after).order_by("number")
        if asked.outcome:
            rows = rows.filter(outcome=asked.outcome)
        found = list(rows[: asked.limit + 1])
        page = found[: asked.limit]
        following = None
        if len(found) > len(page):
            parameters = {**request.query_params.dict(), "after": page[-1].number}
            following = f"{COLLECTION}/{number}/rows?{urlencode(parameters)}"
        return Response(
            {
                "rows": [row_document(feed, row) for row in page],
                "links": {"self": request.get_full_path(), "next": following},
            }
        )


def feed_document(feed: StockFeed) -> dict[str, object]:
    """A feed as partners see it."""
    address = f"{COLLECTION}/{feed.pk}"
    return {
        "id": feed.pk, "kind": feed.kind, "status": feed.status, "rows": feed.rows, "merged": feed.merged,
        "refused": feed.refused, "short": feed.short, "changed": feed.changed,
        "received_at": feed.received_at.isoformat(), "finished_at": _moment(feed.finished_at),
        "links": {"self": address, "rows": f"{address}/rows", "refused": f"{address}/rows?outcome=refused"},
    }  # fmt: skip


def row_document(feed: StockFeed, row: StockFeedRow) -> dict[str, object]:
    """A row with its result; one whose turn has not come yet waits."""
    waits = row.number > feed.merged and row.outcome == RowOutcome.ACCEPTED
    return {
        "number": row.number, "location": row.location, "sku": row.sku, "quantity": row.quantity,
        "as_of": _moment(row.as_of), "outcome": "waiting" if waits else row.outcome, "reason": row.reason or None,
    }  # fmt: skip


def _feed(number: int) -> StockFeed:
    found = StockFeed.objects.filter(pk=number).first()
    if found is None:
        raise Problem(Kind.NOT_FOUND, f"There is no stock feed {number}.")
    return found


def _spooled(request: Request) -> tuple[IO[bytes], bytes]:
    """The body, not held in memory, and its SHA-256."""
    file = tempfile.SpooledTemporaryFile(max_size=1024 * 1024)  # noqa: SIM115 - closed with the last reference to it
    digest, size = hashlib.sha256(), 0
    try:
        while block := request._request.read(_BLOCK):
            size += len(block)
            if size > MOST_BYTES:
                raise Problem(Kind.BODY_TOO_LARGE, f"Send at most {MOST_BYTES:,} bytes at once.")
            digest.update(block)
            file.write(block)
    except UnreadablePostError as fault:
        raise Problem(Kind.MALFORMED_REQUEST, "The body ended before its announced length.") from fault
    if not size:
        raise invalid([Fault("", "bad_rows", "The body is empty: send rows.")])
    file.seek(0)
    return file, digest.digest()


def _rows(body: IO[bytes], sort: str, location: str) -> Iterator[Given]:
    if sort == "text/csv":
        return rows_of_csv(lines_of(body, lone_returns=True), Columns(), location)
    return rows_of_ndjson(lines_of(body), location)


def _receive(asked: FeedParameters, rows: Iterator[Given], *, actor: str) -> Answer:
    try:
        feed = feed_receive(kind=asked.kind, rows=rows, source=actor, actor=actor, at_most=MOST_ROWS)
    except TooManyRows as fault:
        raise Problem(Kind.BODY_TOO_LARGE, f"{str(fault).capitalize()}.") from fault
    except UnreadableRows as fault:
        raise invalid([Fault("", "bad_rows", f"The rows cannot be read: {fault}.")]) from fault
    if feed.rows > MERGED_AT_ONCE:
        feed_merge_later(feed_id=feed.pk)
        return Answer(202, feed_document(feed))
    feed_merge_step(feed_id=feed.pk)
    feed.refresh_from_db()
    return Answer(201, feed_document(feed))


def _moment(when: datetime | None) -> str | None:
    return when.isoformat() if when else None
