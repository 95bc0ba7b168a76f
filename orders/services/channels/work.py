"""Working through what channels sent: each message in a transaction of its own, those of one channel in turn."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import asdict

from django.db import DataError, IntegrityError, transaction
from django.db import connection as database
from django.utils import timezone

from oms.infra.database.context import retailer_context
from orders.channels import UnknownAdapter, adapter_named
from orders.domain.channel import CannotRead, ChannelAdapter, Intake, Message, Outcome, Setup, Unclear
from orders.models import ChannelConnection, ChannelMessage, MessageState, Order
from orders.services.channels.apply import TAKEN, WAITING, ChannelDesk
from orders.services.channels.connections import connection_setup
from orders.services.channels.receive import wake
from orders.services.channels.tell import answers_ask

logger = logging.getLogger(__name__)


class MessagesFailed(RuntimeError):
    """Some messages could not be worked through just now; they stay received and are tried again."""


def messages_work(*, schema: str, at_most: int = 200) -> int:
    """Work through what was received, oldest first; return how many. Raises :class:`MessagesFailed`."""
    failed: list[int] = []
    worked = 0
    for _ in range(at_most):
        message_id = _work_next(schema, failed)
        if message_id is None:
            break
        worked += 1
    with retailer_context(schema):
        if ChannelMessage.objects.filter(state=MessageState.RECEIVED).exclude(id__in=failed).exists():
            wake()
    if failed:
        message = f"{len(failed)} messages of {schema} could not be worked through; they stay received"
        raise MessagesFailed(message)
    return worked


def messages_retry(*, message_ids: Collection[int] | None = None) -> int:
    """Try again what waits, all of it or these (also such as were ignored); return how many."""
    if message_ids is None:
        chosen = ChannelMessage.objects.filter(state=MessageState.WAITING)
    else:
        states = [MessageState.WAITING, MessageState.IGNORED]
        chosen = ChannelMessage.objects.filter(state__in=states, id__in=message_ids)
    count = chosen.update(state=MessageState.RECEIVED)
    if count:
        wake()
    return count


def _work_next(schema: str, failed: list[int]) -> int | None:
    message_id: int | None = None
    try:
        with retailer_context(schema):
            waiting = ChannelMessage.objects.filter(state=MessageState.RECEIVED).exclude(id__in=failed)
            found = waiting.order_by("id").values_list("id", "channel_id").first()
            if found is None:
                return None
            message_id = found[0]
            _one_at_a_time(found[1])
            row = ChannelMessage.objects.select_for_update(of=("self",)).select_related("channel").get(pk=message_id)
            if row.state == MessageState.RECEIVED:  # else another worker did it while this one waited for its turn
                _work(row)
    except Exception as fault:
        if message_id is None:
            raise
        logger.exception("message %s of %s could not be worked through", message_id, schema)
        failed.append(message_id)
        with retailer_context(schema):
            reason = f"{type(fault).__name__}: tried again by itself"
            row = ChannelMessage.objects.select_for_update().get(pk=message_id)
            row.attempts, row.reason = row.attempts + 1, reason
            row.save(update_fields=["attempts", "reason"])
    return message_id


def _one_at_a_time(channel_id: int) -> None:
    """So that a cancellation and its order, read by two workers, cannot miss each other."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(E'\\n', current_schema(), 'intake', %s), 0))",
            [channel_id],
        )


def _work(row: ChannelMessage) -> None:
    connection = ChannelConnection.objects.select_related("channel").filter(channel=row.channel_id).first()
    outcomes: list[Outcome] = []
    stirred: set[str] = set()
    first = not row.attempts
    if connection is None:
        outcomes = [Outcome("", WAITING, "the channel has no connection any more")]
    else:
        try:
            adapter = adapter_named(connection.adapter)
            setup = connection_setup(connection)
            outcomes, stirred = _outcomes(row, adapter, setup)
            answers_ask(row.channel_id, row.id, adapter.acknowledge(_message(row), outcomes, setup), first=first)
        except (CannotRead, UnknownAdapter) as fault:
            outcomes = [Outcome("", WAITING, str(fault))]
    _conclude(row, outcomes)
    if stirred:
        others = ChannelMessage.objects.filter(channel=row.channel_id, subject__in=stirred, state=MessageState.WAITING)
        if others.exclude(pk=row.pk).update(state=MessageState.RECEIVED):
            wake()


def _outcomes(row: ChannelMessage, adapter: ChannelAdapter, setup: Setup) -> tuple[list[Outcome], set[str]]:
    """Do what a message says. Each thing in it is done or left alone as a whole."""
    intakes = adapter.read(_message(row), setup)
    if type(adapter).join is not ChannelAdapter.join:
        intakes = _joined(row, adapter, setup, intakes)
    desk = ChannelDesk(setup, row.channel_id)
    outcomes = []
    for intake in intakes:
        try:
            with transaction.atomic():
                outcomes.append(desk.take(intake))
        except (DataError, IntegrityError) as fault:
            logger.exception("message %s says what cannot be written", row.id)
            outcomes.append(Outcome("", WAITING, f"it cannot be written down: {str(fault).splitlines()[0][:200]}"))
    return outcomes, desk.stirred


def _joined(
    row: ChannelMessage, adapter: ChannelAdapter, setup: Setup, intakes: tuple[Intake, ...]
) -> tuple[Intake, ...]:
    """What is told in parts, read together with the parts that wait. What is of an order that is known is done."""
    numbers = {each.external_number for each in intakes if isinstance(each, Unclear) and each.external_number}
    if not numbers:
        return intakes
    known = Order.objects.filter(channel=row.channel_id, external_number__in=numbers)
    done = set(known.values_list("external_number", flat=True))
    result = [each for each in intakes if not (isinstance(each, Unclear) and each.external_number in numbers)]
    for number in sorted(numbers - done):
        parts = ChannelMessage.objects.filter(channel=row.channel_id, subject=number, state=MessageState.WAITING)
        messages = [_message(part) for part in parts.exclude(pk=row.pk).order_by("id")]
        together = adapter.join([*messages, _message(row)], setup)
        result += [each for each in together if getattr(each, "external_number", number) == number]
    result += [each for each in intakes if isinstance(each, Unclear) and each.external_number in done]
    return tuple(result)


def _message(row: ChannelMessage) -> Message:
    return Message(bytes(row.body), row.content_type, row.headers)


def _conclude(row: ChannelMessage, outcomes: Sequence[Outcome]) -> None:
    waiting = [each for each in outcomes if each.state == WAITING]
    reasons = waiting or [each for each in outcomes if each.state != TAKEN]
    if waiting:
        row.state = MessageState.WAITING
    elif any(each.state == TAKEN for each in outcomes):
        row.state = MessageState.TAKEN
    else:
        row.state = MessageState.IGNORED
    row.reason = ""
    if row.state != MessageState.TAKEN:
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        row.reason = ((reasons[0].reason if reasons else "it says nothing")[: 500 - len(more)] or "no reason") + more
    named = [each.external_number for each in [*waiting, *outcomes] if each.external_number]
    row.subject = named[0] if named else ""
    row.outcomes = [asdict(each) for each in outcomes]
    row.attempts += 1
    row.worked_at = timezone.now()
    row.save(update_fields=["state", "reason", "subject", "outcomes", "attempts", "worked_at"])
