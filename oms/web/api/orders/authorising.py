"""The cards of a new order are authorised before its answer leaves, where the gateway is quick."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import connection
from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from oms.infra.database.context import retailer_context
from oms.infra.idempotency import Answer, answer_amend
from oms.web.api.afterwards import afterwards
from oms.web.api.orders.document import order_document
from oms.web.api.views import idempotency_caller, idempotency_key
from orders.api.selectors import order_detail
from orders.domain.gateway import Begun
from orders.services.payments.at_once import calls_make, calls_settle


@dataclass(slots=True)
class Authorising:
    """The calls of one request. ``begin`` is told of each once the order is committed; else there are none."""

    request: Request
    begun: list[Begun] = field(default_factory=list)
    schema: str = ""

    def begin(self, call: Begun) -> None:
        """The order is committed: this call may be made. The first one sees to it that they are."""
        if not self.begun:
            self.schema = str(connection.schema_name)  # type: ignore[attr-defined]
            afterwards(self.request, self._finish)
        self.begun.append(call)

    def _finish(self, response: HttpResponse) -> None:
        """Ask, write the answers down, and answer with the order as it then stands."""
        answered = calls_make(schema=self.schema, begun=self.begun)
        if not answered:
            return
        with retailer_context(self.schema):
            calls_settle(answered=answered, actor="payments")
            order = order_detail(self.begun[0].question.order_number)
            if order is None:
                return
            document = order_document(order)
            key = idempotency_key(self.request)
            if key is not None:
                answer_amend(caller=idempotency_caller(self.request), key=key, answer=Answer(201, document))
        response.content = JSONRenderer().render(document)
        response["Content-Length"] = str(len(response.content))
