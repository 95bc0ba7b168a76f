"""``/api/v1/webhook-events`` and ``/api/v1/webhook-endpoints``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import urlencode

from rest_framework.request import Request
from rest_framework.response import Response

from oms.infra.idempotency import Answer
from oms.infra.secrets import unseal
from oms.web.api.authentication import key_of
from oms.web.api.conditional import require_version, tagged
from oms.web.api.describing import describes
from oms.web.api.fields import NothingBody
from oms.web.api.problems import Fault, Kind, Problem, invalid
from oms.web.api.views import ApiView
from oms.web.rights import Scope
from oms.web.webhooks.api.body import (
    DeliveriesParameters,
    EndpointBody,
    EndpointChangeBody,
    ReplayBody,
    RotationBody,
    write_cursor,
)
from oms.web.webhooks.api.document import (
    DeliveryDetailDocument,
    DeliveryDocument,
    DeliveryPage,
    EndpointDocument,
    EndpointList,
    ReplayDocument,
    SecretDocument,
    WebhookEvents,
    address,
    catalogue_document,
    delivery_detail_document,
    delivery_document,
    endpoint_document,
    endpoint_documents,
    endpoint_tag,
    replay_document,
)
from oms.web.webhooks.models import Delivery, Endpoint, EndpointState, Replay
from oms.web.webhooks.selectors import calls_of, deliveries_newest, delivery_detail, endpoints_kept
from oms.web.webhooks.services.endpoints import (
    EndpointRefused,
    Wish,
    endpoint_change,
    endpoint_create,
    endpoint_lock,
    endpoint_named,
    endpoint_set_state,
    secret_rotate,
)
from oms.web.webhooks.services.replay import delivery_replay, range_replay, test_send
from oms.web.webhooks.services.sealing import context_of


class WebhookView(ApiView):
    """What the views here share."""

    read_scope = write_scope = Scope.WEBHOOKS_MANAGE

    def endpoint(self, reference: str) -> Endpoint:
        """The endpoint, or the problem that there is none."""
        try:
            return endpoint_named(reference)
        except Endpoint.DoesNotExist as fault:
            raise Problem(Kind.NOT_FOUND, f"There is no endpoint {reference}.") from fault

    def require(self, request: Request, reference: str) -> None:
        """Lock the endpoint, and refuse a write for another version of it where ``If-Match`` names one."""
        if "If-Match" not in request.headers:
            return
        try:
            document = endpoint_document(endpoint_lock(reference))
        except Endpoint.DoesNotExist as fault:
            raise Problem(Kind.NOT_FOUND, f"There is no endpoint {reference}.") from fault
        require_version(request, document, tag=endpoint_tag(document))

    def write_once(self, request: Request, reference: str, work: Callable[[Endpoint], Answer]) -> Response:
        """Do a write to an endpoint once; what the service refuses is named."""

        def named() -> Answer:
            try:
                return work(self.endpoint(reference))
            except EndpointRefused as fault:
                raise _refused(fault) from fault

        return self.answer_once(request, named)


class EventsView(WebhookView):
    """The catalogue."""

    @describes("List what can be listened to", answers={200: WebhookEvents})
    def get(self, request: Request) -> Response:
        """Everything that can be listened to, each with its schema and a sample."""
        return Response(catalogue_document())


class EndpointsView(WebhookView):
    """All endpoints of the retailer."""

    @describes("List endpoints", answers={200: EndpointList})
    def get(self, request: Request) -> Response:
        """All of them; there are never many."""
        rows = endpoints_kept().order_by("id").prefetch_related("subscriptions")
        return Response({"endpoints": endpoint_documents(list(rows))})

    @describes("Make an endpoint", body=EndpointBody, answers={201: SecretDocument}, once=True, examples={
        "Told of orders": {"name": "Shop", "url": "https://shop.example/", "events": ["order.captured"]}})  # fmt: skip
    def post(self, request: Request) -> Response:
        """Make one. Its secret is in this answer alone (and in its repetition under the same Idempotency-Key)."""
        body = self.body(request, EndpointBody)
        return _opened(self.answer_once(request, lambda: _create(body, str(key_of(request)))))


class EndpointView(WebhookView):
    """One endpoint."""

    @describes("Get an endpoint", answers={200: EndpointDocument}, conditional=True, problems=[Kind.NOT_FOUND])
    def get(self, request: Request, reference: str) -> Response:
        """The endpoint and how it is doing. Its ETag says nothing of ``health``: to watch that, send none back."""
        document = endpoint_document(self.endpoint(reference))
        return tagged(request, document, tag=endpoint_tag(document))

    @describes("Change an endpoint", body=EndpointChangeBody, answers={200: EndpointDocument}, once=True,
               conditional=True, problems=[Kind.NOT_FOUND], examples={"Paused": {"state": "paused"}})  # fmt: skip
    def patch(self, request: Request, reference: str) -> Response:
        """Change it, pause it, or make it active again."""
        body = self.body(request, EndpointChangeBody)
        actor = str(key_of(request))

        def change(endpoint: Endpoint) -> Answer:
            self.require(request, reference)
            return _change(endpoint, body, actor)

        answer = self.write_once(request, reference, change)
        answer.headers["ETag"] = endpoint_tag(answer.data)
        return answer

    @describes("Remove an endpoint", answers={204: None}, conditional=True, problems=[Kind.NOT_FOUND])
    def delete(self, request: Request, reference: str) -> Response:
        """Remove it. What was told stays in the log."""
        self.endpoint(reference)
        self.require(request, reference)
        endpoint_set_state(reference=reference, state=EndpointState.REMOVED, actor=str(key_of(request)))
        return Response(status=204)


class RotationsView(WebhookView):
    """Secrets of an endpoint."""

    @describes("Make another secret", body=RotationBody, answers={201: SecretDocument}, once=True,
               problems=[Kind.NOT_FOUND])  # fmt: skip
    def post(self, request: Request, reference: str) -> Response:
        """Make another secret; the one before signs beside it for a while."""
        body = self.body(request, RotationBody)

        def rotate(endpoint: Endpoint) -> Answer:
            secret_rotate(reference=endpoint.reference, keep=timedelta(hours=body.keep_hours))
            return Answer(201, _with_secret(endpoint))

        return _opened(self.write_once(request, reference, rotate))


class TestsView(WebhookView):
    """Test messages."""

    @describes("Send a test message", body=NothingBody, answers={202: DeliveryDocument}, once=True,
               problems=[Kind.NOT_FOUND])  # fmt: skip
    def post(self, request: Request, reference: str) -> Response:
        """Send one."""
        self.body(request, NothingBody)
        return self.write_once(
            request, reference,
            lambda endpoint: Answer(202, delivery_document(test_send(reference=endpoint.reference), reference)),
        )  # fmt: skip


class DeliveriesView(WebhookView):
    """The log of an endpoint."""

    @describes("List deliveries, the newest first", parameters=DeliveriesParameters, answers={200: DeliveryPage},
               problems=[Kind.NOT_FOUND])  # fmt: skip
    def get(self, request: Request, reference: str) -> Response:
        """A page, the newest first. ``next`` is null on the last one."""
        asked = self.parameters(request, DeliveriesParameters)
        found = deliveries_newest(
            endpoint=self.endpoint(reference), status=asked.status, before=asked.cursor, limit=asked.limit + 1
        )
        page = found[: asked.limit]
        cursor = write_cursor(page[-1].pk) if len(found) > len(page) else None
        parameters = {**request.query_params.dict(), "cursor": cursor}
        following = f"{address(reference)}/deliveries?{urlencode(parameters)}" if cursor else None
        return Response(
            {
                "deliveries": [delivery_document(row, reference) for row in page],
                "next_cursor": cursor,
                "links": {"self": request.get_full_path(), "next": following},
            }
        )


class DeliveryView(WebhookView):
    """One delivery."""

    @describes("Get a delivery", answers={200: DeliveryDetailDocument}, problems=[Kind.NOT_FOUND])
    def get(self, request: Request, reference: str, message: str) -> Response:
        """What was sent and what came back, call by call."""
        delivery = delivery_detail(endpoint=self.endpoint(reference), reference=message)
        if delivery is None:
            raise _no_message(message)
        return Response(delivery_detail_document(delivery, calls_of(delivery), reference))


class DeliveryReplaysView(WebhookView):
    """Telling one message again."""

    @describes("Send a message again", body=NothingBody, answers={202: DeliveryDocument}, once=True,
               problems=[Kind.NOT_FOUND])  # fmt: skip
    def post(self, request: Request, reference: str, message: str) -> Response:
        """Send it again with the same identifier."""
        self.body(request, NothingBody)

        def again(endpoint: Endpoint) -> Answer:
            try:
                delivery = delivery_replay(endpoint=endpoint, message=message)
            except Delivery.DoesNotExist as fault:
                raise _no_message(message) from fault
            return Answer(202, delivery_document(delivery, reference))

        return self.write_once(request, reference, again)


class ReplaysView(WebhookView):
    """Telling a range of time again."""

    @describes("Tell a range of time again", body=ReplayBody, answers={201: ReplayDocument}, once=True,
               problems=[Kind.NOT_FOUND],
               examples={"A night": {"begins": "2026-01-31T20:00:00Z", "ends": "2026-02-01T06:00:00Z"}})  # fmt: skip
    def post(self, request: Request, reference: str) -> Response:
        """Ask for it; a job does it."""
        body = self.body(request, ReplayBody)
        actor = str(key_of(request))

        def ask(endpoint: Endpoint) -> Answer:
            replay = range_replay(
                reference=endpoint.reference, begins=body.begins, ends=body.ends, only_failed=body.only_failed,
                actor=actor,
            )  # fmt: skip
            return Answer(201, replay_document(replay, reference))

        return self.write_once(request, reference, ask)


class ReplayView(WebhookView):
    """One replay."""

    @describes("Get a replay", answers={200: ReplayDocument}, problems=[Kind.NOT_FOUND])
    def get(self, request: Request, reference: str, replay: str) -> Response:
        """How far it is."""
        found = Replay.objects.filter(endpoint=self.endpoint(reference), reference=replay).first()
        if found is None:
            raise Problem(Kind.NOT_FOUND, f"There is no replay {replay}.")
        return Response(replay_document(found, reference))


def _create(body: EndpointBody, actor: str) -> Answer:
    try:
        endpoint, _ = endpoint_create(wish=body.wish(), actor=actor)
    except EndpointRefused as fault:
        raise _refused(fault) from fault
    return Answer(201, _with_secret(endpoint))


def _with_secret(endpoint: Endpoint) -> dict[str, object]:
    """The endpoint with its newest secret, sealed: as answers are kept in the database."""
    sealed = endpoint.secrets.get(expires_at=None).sealed
    return {**endpoint_document(endpoint), "secret": sealed}


def _opened(response: Response) -> Response:
    """The answer as it leaves: with the secret opened."""
    document: Mapping[str, object] = response.data
    secret = unseal(str(document["secret"]), context=context_of(str(document["reference"])))
    response.data = {**document, "secret": secret}
    response.headers["Cache-Control"] = "no-store"
    return response


def _change(endpoint: Endpoint, body: EndpointChangeBody, actor: str) -> Answer:
    given = body.model_dump(exclude_none=True, exclude={"state"})
    if given:
        held = {
            "name": endpoint.name, "url": endpoint.url, "channels": endpoint.channels,
            "locations": endpoint.locations, "rate": endpoint.rate, "concurrency": endpoint.concurrency,
            "events": [row.event for row in endpoint.subscriptions.all()],
        }  # fmt: skip
        endpoint = endpoint_change(reference=endpoint.reference, wish=Wish(**{**held, **given}))
    if body.state is not None:
        endpoint = endpoint_set_state(
            reference=endpoint.reference, state=EndpointState(body.state.value), actor=actor
        )  # fmt: skip
    return Answer(200, endpoint_document(endpoint))


def _refused(fault: EndpointRefused) -> Problem:
    return invalid([Fault(f"/{fault.field}" if fault.field else "", "refused", str(fault))])


def _no_message(message: str) -> Problem:
    return Problem(Kind.NOT_FOUND, f"The endpoint was told no message {message}.")
