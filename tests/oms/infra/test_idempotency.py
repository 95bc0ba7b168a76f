"""A write with a key: once, with one answer, whatever comes in between."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import psycopg
import pytest
from django.db import connections

from oms.infra.database.context import retailer_context
from oms.infra.idempotency import Answer, KeyInFlight, KeyReused, answer_once
from oms.infra.models import IdempotentAnswer
from tests.oms.blocked import wait_until_blocked

T = TypeVar("T")
CREATED = Answer(201, {"number": "1", "amount": "10.00", "nothing": None})


def must_not_run() -> Answer:
    raise AssertionError("the work was done again")


def ask(
    *,
    retailer: str = "acme",
    caller: str = "shop",
    key: str = "k",
    request: bytes = b"one",
    work: Callable[[], Answer] = must_not_run,
) -> Answer:
    with retailer_context(retailer):
        return answer_once(caller=caller, key=key, request=request, work=work)


def on_a_connection_of_its_own(call: Callable[[], T]) -> T:
    try:
        return call()
    finally:
        connections.close_all()


def test_the_first_request_is_worked_on_and_its_answer_kept(fresh: None) -> None:
    # when
    answer = ask(work=lambda: CREATED)
    # then
    assert answer == CREATED
    assert not answer.replayed
    with retailer_context("acme"):
        [kept] = IdempotentAnswer.objects.all()
        assert (kept.caller, kept.key, kept.status, kept.body) == ("shop", "k", 201, CREATED.body)


def test_the_same_request_gets_the_kept_answer_without_work(fresh: None) -> None:
    # given
    ask(work=lambda: CREATED)
    # when
    again = ask(work=must_not_run)
    # then
    assert again == Answer(201, CREATED.body, replayed=True)


def test_another_request_with_the_key_is_refused_without_work(fresh: None) -> None:
    # given
    ask(work=lambda: CREATED)
    # when, then
    with pytest.raises(KeyReused, match="the key 'k' has named a different request before"):
        ask(request=b"two", work=must_not_run)
    assert ask().replayed


@pytest.mark.parametrize("other", [{"caller": "till"}, {"key": "K"}, {"retailer": "globex"}])
def test_keys_of_others_are_other_keys(fresh: None, other: dict[str, str]) -> None:
    # given
    ask(work=lambda: CREATED)
    # when
    answer = ask(**other, request=b"two", work=lambda: Answer(200, {}))
    # then
    assert answer == Answer(200, {})


def test_failed_work_keeps_nothing(fresh: None) -> None:
    # given
    def fail() -> Answer:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask(work=fail)
    # when
    answer = ask(request=b"mended", work=lambda: CREATED)
    # then
    assert answer == CREATED


def test_a_key_in_flight_is_refused_at_once_and_answered_later(fresh: None) -> None:
    # given a request whose work is under way on another connection
    working, may_end = threading.Event(), threading.Event()

    def long_work() -> Answer:
        working.set()
        assert may_end.wait(30)
        return CREATED

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(on_a_connection_of_its_own, lambda: ask(work=long_work))
        assert working.wait(30)
        # when the same and another request come with its key, then they are refused while it goes on
        with pytest.raises(KeyInFlight, match="a request with the key 'k' is being worked on"):
            ask()
        with pytest.raises(KeyInFlight):
            ask(request=b"two")
        assert not first.done()
        # and neither another key nor another retailer's is held up
        assert ask(key="other", work=lambda: CREATED) == CREATED
        assert ask(retailer="globex", work=lambda: CREATED) == CREATED
        may_end.set()
        assert first.result(30) == CREATED
    # then
    assert ask() == Answer(201, CREATED.body, replayed=True)


def test_a_key_is_free_again_once_the_transaction_that_held_it_is_undone(fresh: None) -> None:
    # given
    working, may_end = threading.Event(), threading.Event()

    def failing_work() -> Answer:
        working.set()
        assert may_end.wait(30)
        raise ZeroDivisionError

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(on_a_connection_of_its_own, lambda: ask(work=failing_work))
        assert working.wait(30)
        with pytest.raises(KeyInFlight):
            ask()
        may_end.set()
        with pytest.raises(ZeroDivisionError):
            first.result(30)
    # when, then
    assert ask(work=lambda: CREATED) == CREATED


def test_an_answer_that_the_statement_cannot_see_yet_counts_as_in_flight(fresh: None, admin_url: str) -> None:
    """The key's row is committed after the statement's snapshot was taken: it conflicts, and is not visible."""
    with psycopg.connect(admin_url) as holder, psycopg.connect(admin_url, autocommit=True) as admin:
        # given a row of the key that is not committed, whose holder has not taken the lock
        holder.execute(
            "INSERT INTO acme.infra_idempotentanswer (caller, key, request_digest, status, body)"
            " VALUES ('shop', 'k', '', 201, '{}')"
        )
        with ThreadPoolExecutor(1) as pool:
            late = pool.submit(on_a_connection_of_its_own, ask)
            wait_until_blocked(admin)
            # when
            holder.commit()
            # then
            with pytest.raises(KeyInFlight):
                late.result(30)


def test_of_many_at_once_one_does_the_work(fresh: None) -> None:
    # given
    callers = 8
    start = threading.Barrier(callers)
    worked: list[int] = []

    def work() -> Answer:
        worked.append(1)
        return CREATED

    def call() -> str:
        start.wait(30)
        try:
            return "replayed" if ask(work=work).replayed else "created"
        except KeyInFlight:
            return "in flight"

    # when
    with ThreadPoolExecutor(callers) as pool:
        outcomes = Counter(pool.map(lambda _: on_a_connection_of_its_own(call), range(callers)))
    # then
    assert worked == [1]
    assert outcomes["created"] == 1
    assert sum(outcomes.values()) == callers
    assert ask().replayed
