"""How often a key may call: exactly as often as its bucket says, however many call at once."""

from __future__ import annotations

import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connections
from django.utils import timezone

from oms.infra.database.context import retailer_context
from oms.web.models import ApiKey, ApiKeyBucket
from oms.web.services import api_key_issue
from tests.oms.web.api_data import ORDERS, Partner, open_shop, problem


def limited(*, burst: int, rate_per_minute: int = 1) -> Partner:
    """A partner whose key may call ``burst`` times, and next to never again."""
    with retailer_context("acme"):
        _, token = api_key_issue(name="Hasty shop", burst=burst, rate_per_minute=rate_per_minute)
    return Partner("acme", token)


def test_of_many_calls_at_once_exactly_as_many_pass_as_the_bucket_holds(fresh: None, admin_url: str) -> None:
    # given 40 calls that all stand behind the bucket's row
    shop = limited(burst=25)
    shop.get(ORDERS)
    calls, passes = 40, 24
    at_the_start = threading.Barrier(calls + 1)

    def call() -> int:
        try:
            at_the_start.wait(30)
            return Partner("acme", shop.token).get(ORDERS).status_code
        finally:
            connections.close_all()

    with psycopg.connect(admin_url) as holder, psycopg.connect(admin_url, autocommit=True) as admin:
        holder.execute("SELECT FROM acme.web_apikeybucket FOR UPDATE")
        with ThreadPoolExecutor(calls) as pool:
            answers = [pool.submit(call) for _ in range(calls)]
            at_the_start.wait(30)
            while admin.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> %s", [holder.info.backend_pid]
            ).fetchone() != (calls,):  # fmt: skip
                pass
            # when they are let go
            holder.rollback()
            statuses = Counter(answer.result(60) for answer in answers)
    # then
    assert statuses == {200: passes, 429: calls - passes}


def test_a_refused_call_says_when_to_come_back(fresh: None) -> None:
    # given
    shop = limited(burst=2, rate_per_minute=6)
    first, second = shop.get(ORDERS), shop.get(ORDERS)
    # when
    third = shop.get(ORDERS)
    # then
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.headers["RateLimit-Policy"] == '"key";q=2;w=20'
    assert first.headers["RateLimit"] == '"key";r=1;t=10'
    assert second.headers["RateLimit"] == '"key";r=0;t=20'
    assert (third.status_code, problem(third)["code"]) == (429, "rate_limited")
    assert third.headers["Retry-After"] == "10"
    assert re.fullmatch(r'"key";r=0;t=(19|20)', third.headers["RateLimit"])


def test_the_bucket_fills_again_with_time_and_never_above_its_burst(fresh: None) -> None:
    # given an empty bucket of which two minutes have passed
    shop = limited(burst=3, rate_per_minute=60)
    with retailer_context("acme"):
        shop_key = ApiKey.objects.get()
        ApiKeyBucket.objects.create(
            key=shop_key, tokens=0, admitted=True, refilled_at=timezone.now() - timedelta(minutes=2)
        )
    # when
    response = shop.get(ORDERS)
    # then
    assert response.headers["RateLimit"] == '"key";r=2;t=1'


def test_a_call_counts_whatever_becomes_of_it(fresh: None) -> None:
    # given
    shop = limited(burst=2)
    # when
    refused = shop.post(ORDERS, {})
    shop.get("/api/v1/nothing")
    # then
    assert refused.status_code == 422
    assert shop.get(ORDERS).status_code == 429


def test_a_guessed_secret_takes_nothing_from_the_partner(fresh: None) -> None:
    shop = limited(burst=1)

    guess = Partner("acme", f"{shop.token[:12]}.{'A' * 43}").get(ORDERS)

    assert guess.status_code == 401
    assert "RateLimit" not in guess.headers
    assert shop.get(ORDERS).status_code == 200


def test_when_a_key_was_last_used_is_written_once_a_minute(fresh: None) -> None:
    # given
    shop = open_shop()
    assert last_use() is None
    # when
    shop.get(ORDERS)
    first = last_use()
    shop.get(ORDERS)
    # then
    assert first is not None
    assert last_use() == first
    # when a minute has passed
    with retailer_context("acme"):
        ApiKey.objects.update(last_used_at=first - timedelta(seconds=61))
    shop.get(ORDERS)
    assert last_use() > first


def test_nobody_waits_for_the_time_of_last_use(fresh: None, admin_url: str) -> None:
    # given somebody who holds the key's row
    shop = open_shop()
    with psycopg.connect(admin_url) as holder:
        holder.execute("SELECT FROM acme.web_apikey FOR NO KEY UPDATE")
        # when
        status = shop.get(ORDERS).status_code
        holder.rollback()
    # then
    assert status == 200
    assert last_use() is None


@pytest.mark.parametrize("limits", [{"burst": 0}, {"rate_per_minute": 0}])
def test_a_key_may_always_call_at_least_once(acme: None, limits: Any) -> None:
    with pytest.raises(ValueError, match="a key may call 1 to"):
        api_key_issue(name="Nobody", **limits)


def last_use() -> Any:
    with retailer_context("acme"):
        return ApiKey.objects.get().last_used_at
