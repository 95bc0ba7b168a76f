"""``/api/v1/channels/<channel>/webhooks``: no key, the platform signs what it sends."""

from __future__ import annotations

import logging

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from oms.web.api.problems import Kind, Problem
from oms.web.api.views import ApiView
from orders.channels import UnknownAdapter, adapter_named
from orders.domain.channel import Message
from orders.models import ChannelConnection
from orders.services.channels import message_receive, secrets_of

logger = logging.getLogger(__name__)


class ChannelWebhookView(ApiView):
    """Messages of one channel. They are stored and acknowledged; a job works them through."""

    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request, channel: str) -> Response:
        """Store a message: 202, also for one that is stored already; 401 where its signature cannot be verified."""
        if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
            raise Problem(Kind.LENGTH_REQUIRED, "Send the header Content-Length instead of Transfer-Encoding.")
        connection = ChannelConnection.objects.select_related("channel").filter(channel__code=channel).first()
        try:
            adapter = adapter_named(connection.adapter) if connection else None
        except UnknownAdapter:
            adapter = None
        if connection is None or adapter is None:
            raise Problem(Kind.NOT_FOUND, f"There is nothing at {request.path}.")
        headers = {name.lower(): value for name, value in request.headers.items()}
        message = Message(request.body, request.content_type or "", headers)
        if adapter.probe(message):
            return Response({"stored": False})
        verdict = adapter.verify(message, secrets_of(connection), now=timezone.now())
        if not verdict:
            logger.warning("message to channel %s refused: %s", channel, verdict.reason)
            raise Problem(Kind.SIGNATURE_NOT_VERIFIED, f"{verdict.reason[:1].upper()}{verdict.reason[1:]}.")
        received = message_receive(
            channel_id=connection.channel_id, message=message, envelope=adapter.envelope(message)
        )
        return Response({"stored": True, "message": received.message_id, "new": received.new}, status=202)
