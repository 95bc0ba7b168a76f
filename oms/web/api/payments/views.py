"""``/api/v1/payment-callbacks/<gateway>``: no key, the gateway signs what it sends."""

from __future__ import annotations

import logging

from django.db import connection
from rest_framework.request import Request
from rest_framework.response import Response

from oms.web.api.problems import Kind, Problem
from oms.web.api.views import ApiView
from orders.domain.gateway import BadCallback
from orders.models import PaymentTransaction
from orders.payments import UnknownGateway, gateway_connect
from orders.services.payments import call_settle

logger = logging.getLogger(__name__)


class PaymentCallbackView(ApiView):
    """Callbacks of one gateway. The same one twice counts once."""

    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request, gateway: str) -> Response:
        """Take a callback: 200 whether it is news or not, 400 where the gateway did not sign it."""
        try:
            account = gateway_connect(gateway, schema=str(connection.schema_name))  # type: ignore[attr-defined]
            told = account.callback(dict(request.headers), request.body)
            news = call_settle(key=told.key, outcome=told.outcome, actor=f"gateway {gateway}")
        except UnknownGateway as fault:
            raise Problem(Kind.NOT_FOUND, f"There is nothing at {request.path}.") from fault
        except (BadCallback, PaymentTransaction.DoesNotExist) as fault:
            logger.warning("callback of %s refused: %s", gateway, fault)
            raise Problem(Kind.MALFORMED_REQUEST, "The callback cannot be verified.") from fault
        return Response({"news": news})
