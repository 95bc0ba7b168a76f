"""``/api/v1/bulk``: up to 100,000 rows in one call, worked by a job."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal

from django.db import connection
from django.http import UnreadablePostError
from pydantic import BeforeValidator, Field, WithJsonSchema
from rest_framework.request import Request
from rest_framework.response import Response

from oms.infra.idempotency import KeyInFlight, KeyReused
from oms.infra.rows import UnreadableRows
from oms.web.api.authentication import key_of
from oms.web.api.bulk.document import COLLECTION, BulkDocument, BulkRowPage, bulk_document, row_document
from oms.web.api.cursor import Place, read_cursor
from oms.web.api.describing import describes
from oms.web.api.fields import Parameters
from oms.web.api.orders.body import OrderBody
from oms.web.api.problems import Fault, Kind, Problem, invalid
from oms.web.api.views import ApiView, idempotency_key
from oms.web.bulk.kinds import ProductRow, StockRow
from oms.web.bulk.receiving import Stream, bulk_receive, rows_of
from oms.web.jobs import bulk_enqueue
from oms.web.models import BulkJob, BulkKind, BulkRow
from oms.web.rights import Scope

NDJSON, CSV = "application/x-ndjson", "text/csv"
#: Bytes of one call.
LARGEST = 200 * 1024 * 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BulkRowParameters(Parameters):
    """Which rows, and how many at once."""

    status: Literal["waiting", "done", "refused"] | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    cursor: Annotated[Place, BeforeValidator(read_cursor), WithJsonSchema({"type": "string"})] | None = None


class BulkView(ApiView):
    """What the kinds share."""

    kind: ClassVar[BulkKind]

    def take(self, request: Request) -> Response:
        """Write the rows down as they come in, and answer 202 with the job; the same again with the same key."""
        sent = request._request
        media_type = sent.content_type
        if media_type not in (NDJSON, CSV):
            raise Problem(Kind.UNSUPPORTED_MEDIA_TYPE, f"Send rows as {NDJSON} or {CSV}.")
        if sent.META.get("HTTP_TRANSFER_ENCODING") and not sent.META.get("CONTENT_LENGTH"):
            raise Problem(Kind.LENGTH_REQUIRED, "Send the header Content-Length instead of Transfer-Encoding.")
        if int(sent.META.get("CONTENT_LENGTH") or 0) > LARGEST:
            raise Problem(Kind.BODY_TOO_LARGE, f"Send at most {LARGEST:,} bytes at once.")
        key, name = key_of(request), idempotency_key(request)
        earlier = _claimed(key.pk, name) if name else None
        stream = Stream(sent)
        try:
            rows = rows_of(stream, is_csv=media_type == CSV)
            if earlier is not None:
                for _ in rows:
                    pass
                return _again(earlier, self.kind, stream)
            number = bulk_receive(key_id=key.pk, kind=self.kind, rows=rows, stream=stream, name=name)
        except UnreadableRows as fault:
            raise invalid([Fault("", "bad_rows", f"{str(fault)[:1].upper()}{str(fault)[1:]}.")]) from fault
        except UnreadablePostError as fault:
            raise Problem(Kind.MALFORMED_REQUEST, "The body ended before its announced length.") from fault
        bulk_enqueue(number)
        return _answer(BulkJob.objects.get(pk=number))


def _claimed(key_id: int, name: str) -> BulkJob | None:
    """The job that the key has named before. Never waits for another transaction with the same key."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended("
            "concat_ws(E'\\n', current_schema(), 'bulk', %s, %s), 0))",
            [key_id, name],
        )
        [ours] = cursor.fetchone()
    if not ours:
        message = f"a request with the key {name!r} is being worked on; send it again in a moment"
        raise KeyInFlight(message)
    return BulkJob.objects.filter(key=key_id, idempotency_key=name).first()


def _again(job: BulkJob, kind: BulkKind, stream: Stream) -> Response:
    if bytes(job.content_digest) != stream.digest or job.kind != kind:
        message = f"the key {job.idempotency_key!r} has named a different request before"
        raise KeyReused(message)
    return _answer(job, {"Idempotency-Replayed": "true"})


def _answer(job: BulkJob, headers: dict[str, str] | None = None) -> Response:
    location = {"Location": f"{COLLECTION}/{job.pk}"}
    return Response(bulk_document(job), status=202, headers={**location, **(headers or {})})


class BulkOrdersView(BulkView):
    """Orders."""

    kind = BulkKind.ORDERS
    write_scope = Scope.ORDERS_WRITE

    @describes("Place many orders", body=OrderBody, answers={202: BulkDocument}, once=True, media_types=(NDJSON, CSV),
               examples={
                   "NDJSON": '{"channel":"shop","external_number":"1",'
                             '"lines":[{"sku":"A","quantity":1,"unit_price":"9.90"}]}\n',
                   "CSV": "channel,external_number,lines.0.sku,lines.0.quantity,lines.0.unit_price\nshop,1,A,1,9.90\n",
               })  # fmt: skip
    def post(self, request: Request) -> Response:
        """Each row is an order; one that the channel has placed before is not placed again."""
        return self.take(request)


class BulkProductsView(BulkView):
    """Products."""

    kind = BulkKind.PRODUCTS
    write_scope = Scope.PRODUCTS_WRITE

    @describes("Add and change many products", body=ProductRow, answers={202: BulkDocument}, once=True,
               media_types=(NDJSON, CSV),
               examples={"NDJSON": '{"sku":"A","name":"Apron"}\n', "CSV": "sku,name\nA,Apron\n"})  # fmt: skip
    def post(self, request: Request) -> Response:
        """A product that is there is changed to what its row says; what a row leaves out stays."""
        return self.take(request)


class BulkStockView(BulkView):
    """Stock levels."""

    kind = BulkKind.STOCK
    write_scope = Scope.STOCK_WRITE

    @describes("Report many stock levels", body=StockRow, answers={202: BulkDocument}, once=True,
               media_types=(NDJSON, CSV),
               examples={"NDJSON": '{"location":"LONDON","sku":"A","on_hand":7}\n',
                         "CSV": "location,sku,on_hand\nLONDON,A,7\n"})  # fmt: skip
    def post(self, request: Request) -> Response:
        """Each row says how many units are on hand; a vendor's or warehouse's key reports its own locations."""
        return self.take(request)


class BulkJobView(ApiView):
    """One bulk job. Whoever may send rows may ask what became of them."""

    read_scope = None

    @describes("Get a bulk job", answers={200: BulkDocument}, problems=[Kind.NOT_FOUND])
    def get(self, request: Request, job: int) -> Response:
        """How far it is. A key sees the jobs that it sent."""
        return Response(bulk_document(_job_of(request, job)))


class BulkRowsView(BulkJobView):
    """The rows of one bulk job."""

    @describes("List the rows of a bulk job", parameters=BulkRowParameters, answers={200: BulkRowPage},
               problems=[Kind.NOT_FOUND])  # fmt: skip
    def get(self, request: Request, job: int) -> Response:
        """What became of each, in the order in which they were sent."""
        asked = self.parameters(request, BulkRowParameters)
        rows = BulkRow.objects.filter(job=_job_of(request, job)).order_by("number")
        if asked.status:
            rows = rows.filter(status=asked.status)
        if asked.cursor:
            rows = rows.filter(number__gt=asked.cursor.id)
        return self.page(
            request, f"{COLLECTION}/{job}/rows", "rows", list(rows[: asked.limit + 1]), asked.limit, row_document,
            lambda last: Place(_EPOCH, last.number),
        )  # fmt: skip


def _job_of(request: Request, number: int) -> BulkJob:
    job = BulkJob.objects.filter(pk=number, key=key_of(request).pk).first() if number < 2**63 else None
    if job is None:
        raise Problem(Kind.NOT_FOUND, f"There is no bulk job {number} of this key.")
    return job
