"""What follows from answers: later, never again, or nothing more until somebody looks."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from oms.infra.database.context import retailer_context
from oms.infra.models import Event
from oms.web.webhooks.calling import UNSIGNED, Answer, Call
from oms.web.webhooks.models import Attempt, Delivery, DeliveryStatus, Endpoint, EndpointSecret, EndpointState
from oms.web.webhooks.services.deliver import deliveries_perform
from oms.web.webhooks.services.endpoints import endpoint_set_state
from oms.web.webhooks.services.prune import log_prune
from oms.web.webhooks.services.replay import test_send as send_test
from oms.web.webhooks.services.retries import DELAYS, delay_after
from tests.factories.webhooks import endpoint_made, make_due

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def answering(status: int | None, milliseconds: int = 5, *, headers: dict[str, str] | None = None) -> Answer:
    return Answer(
        status=status, started_at=timezone.now(), milliseconds=milliseconds, request_headers={}, headers=headers or {},
        error="" if status else "No answer within 15 seconds.",
    )  # fmt: skip


def messages_sent(count: int = 1, **wish: object) -> Endpoint:
    """An endpoint with so many test messages on their way."""
    with retailer_context("acme"):
        endpoint, _ = endpoint_made(**wish)  # type: ignore[arg-type]
        for _ in range(count):
            send_test(reference=endpoint.reference)
    return endpoint


def perform(answer: Answer) -> int:
    return deliveries_perform(schema="acme", caller=lambda call: answer).calls


def only() -> Delivery:
    with retailer_context("acme"):
        return Delivery.objects.select_related("endpoint").get()


def age(endpoint: Endpoint, days: float) -> None:
    with retailer_context("acme"):
        Endpoint.objects.filter(pk=endpoint.pk).update(
            failing_since=timezone.now() - timedelta(days=days), failures=20, not_before=None
        )
    make_due()


def test_the_schedule_spans_days_and_can_be_foretold() -> None:
    waits = [delay_after(tries, reference="msg_1") for tries in range(1, 11)]
    assert waits[-1] is None
    for base, wait in zip(DELAYS, waits, strict=False):
        assert wait is not None
        assert base <= wait <= max(base * 1.2, timedelta(hours=24))
    assert waits == [delay_after(tries, reference="msg_1") for tries in range(1, 11)]
    assert delay_after(1, reference="msg_1") != delay_after(1, reference="msg_2")
    assert delay_after(1, reference="msg_1", asked=timedelta(minutes=3)) == timedelta(minutes=3)
    assert delay_after(1, reference="msg_1", asked=timedelta(days=9)) == timedelta(hours=24)


def test_ten_failures_park_a_delivery(fresh: None) -> None:
    messages_sent()
    for number in range(1, 11):
        assert perform(answering(500)) == 1
        assert only().attempts == number
        make_due()
    assert only().status == DeliveryStatus.PARKED
    assert perform(answering(500)) == 0
    with retailer_context("acme"):
        assert Attempt.objects.count() == 10


def test_gone_disables_at_once_and_nothing_is_lost(fresh: None) -> None:
    endpoint = messages_sent()
    perform(answering(410))
    delivery = only()
    assert (delivery.status, delivery.endpoint.state) == (DeliveryStatus.WAITING, EndpointState.DISABLED)
    make_due()
    assert perform(answering(200)) == 0
    with retailer_context("acme"):
        endpoint_set_state(reference=endpoint.reference, state=EndpointState.ACTIVE, actor="suite")
    assert perform(answering(200)) == 1
    assert only().status == DeliveryStatus.DELIVERED


def test_an_endpoint_that_only_fails_is_warned_of_and_then_disabled(fresh: None) -> None:
    endpoint = messages_sent()
    age(endpoint, 1.1)
    perform(answering(500))
    age(endpoint, 1.2)
    perform(answering(500))
    with retailer_context("acme"):
        endpoint.refresh_from_db()
        assert (endpoint.state, endpoint.warned_at is None) == (EndpointState.ACTIVE, False)
        assert Event.objects.filter(name="webhook.endpoint_failing.v1").count() == 1
    age(endpoint, 3.1)
    perform(answering(500))
    with retailer_context("acme"):
        endpoint.refresh_from_db()
        assert endpoint.state == EndpointState.DISABLED
        assert endpoint.state_reason == "Each of its last 21 calls failed, for 3 days."
        assert Event.objects.get(name="webhook.endpoint_state_changed.v1").payload["state"] == "disabled"


def test_one_success_forgets_the_failures(fresh: None) -> None:
    endpoint = messages_sent(2)
    age(endpoint, 2)
    perform(answering(200))
    with retailer_context("acme"):
        endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since, endpoint.warned_at) == (0, None, None)


@pytest.mark.parametrize("given", ["120", (NOW + timedelta(days=9000)).strftime("%a, %d %b %Y %H:%M:%S GMT")])
def test_a_busy_receiver_is_left_alone_as_it_asks(fresh: None, given: str) -> None:
    endpoint = messages_sent(1)
    perform(answering(429, headers={"retry-after": given}))
    with retailer_context("acme"):
        endpoint.refresh_from_db()
        send_test(reference=endpoint.reference)
    assert endpoint.not_before is not None
    assert timedelta(seconds=100) < endpoint.not_before - timezone.now() <= timedelta(minutes=5)
    assert perform(answering(200)) == 0


def test_what_a_killed_worker_was_calling_is_called_again_with_the_next_lease(fresh: None) -> None:
    from oms.web.webhooks.services.deliver import Performed, _lease

    messages_sent()
    assert len(_lease("acme", 16, Performed())) == 1
    assert perform(answering(200)) == 0
    make_due()
    assert perform(answering(200)) == 1
    assert only().attempts == 2


def test_a_late_failure_does_not_undo_the_success_of_another_worker(fresh: None) -> None:
    messages_sent()

    def slow(call: Call) -> Answer:
        make_due()  # its lease has ended meanwhile, and another worker succeeds
        assert perform(answering(200)) == 1
        return answering(500)

    deliveries_perform(schema="acme", caller=slow, threads=1)
    assert only().status == DeliveryStatus.DELIVERED
    assert perform(answering(200)) == 0


def test_a_slow_receiver_holds_up_nobody(fresh: None) -> None:
    # given one receiver that does not answer until the others have been told everything
    slow = messages_sent(20, name="slow", url="https://slow.example/", concurrency=4)
    messages_sent(60, name="quick", url="https://quick.example/", concurrency=4)
    told_all, lock = threading.Event(), threading.Lock()
    quick, at_once, most = 0, 0, 0

    def caller(call: Call) -> Answer:
        nonlocal quick, at_once, most
        if "quick" in call.url:
            with lock:
                quick += 1
                if quick == 60:
                    told_all.set()
            return answering(200)
        with lock:
            at_once += 1
            most = max(most, at_once)
        assert told_all.wait(30), "the quick receiver was held up"
        with lock:
            at_once -= 1
        return answering(200, milliseconds=9000)

    # when
    done = deliveries_perform(schema="acme", caller=caller)
    # then
    assert done.delivered == 80
    assert most <= 4
    with retailer_context("acme"):
        slow.refresh_from_db()
        assert slow.slow is True


def test_an_endpoint_is_called_no_faster_than_it_wants(fresh: None) -> None:
    messages_sent(40, rate=5)
    done = deliveries_perform(schema="acme", seconds=0.01, caller=lambda call: answering(200))
    assert 1 <= done.calls <= 6


def test_the_log_is_kept_for_a_time(fresh: None) -> None:
    messages_sent(3)
    perform(answering(200))
    messages_sent(1)
    with retailer_context("acme"):
        Delivery.objects.update(created_at=timezone.now() - timedelta(days=31))
        assert log_prune() == 3
        assert (Delivery.objects.count(), Attempt.objects.count()) == (1, 0)
        assert log_prune() == 0


def test_nothing_leaves_a_staging_clone_and_what_would_have_is_listed(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from oms.infra import outbound
    from oms.infra.models import OutboundRefusal

    messages_sent(2)
    monkeypatch.setattr(outbound, "is_staging", lambda schema: True)
    done = deliveries_perform(schema="acme", caller=lambda call: pytest.fail("it left"))
    assert (done.calls, done.refused) == (0, 2)
    with retailer_context("acme"):
        assert list(Delivery.objects.values_list("status", flat=True)) == ["refused", "refused"]
        refusals = list(OutboundRefusal.objects.all())
    assert {row.kind for row in refusals} == {"webhook"}
    assert "whsec_" not in str([row.payload for row in refusals])


def test_nothing_is_sent_unsigned_where_no_secret_opens(fresh: None) -> None:
    messages_sent()
    with retailer_context("acme"):
        EndpointSecret.objects.update(sealed="s1.AAAA")
    done = deliveries_perform(schema="acme")
    assert (done.calls, done.delivered) == (1, 0)
    assert only().last_answer == UNSIGNED
