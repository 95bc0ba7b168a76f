"""Keys: issued, used, refused, revoked, never told."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from oms.infra.database.context import retailer_context
from oms.web.models import ApiKey
from oms.web.services import BadKeyName, UnknownApiKey, api_key_issue, api_key_revoke
from tests.factories.locations import LocationFactory
from tests.oms.web.api_data import ORDERS, Partner, open_shop, partner, problem, read, small_order


def test_a_key_is_issued_with_a_secret_that_is_kept_nowhere(acme: None) -> None:
    # when
    key, token = api_key_issue(name=" Web shop ")
    # then
    assert re.fullmatch(r"[a-z0-9]{12}\.[A-Za-z0-9_-]{43}", token)
    prefix, secret = token.split(".")
    kept = ApiKey.objects.get()
    assert kept == key
    assert (kept.name, kept.prefix, kept.may_write, kept.expires_at, kept.revoked_at) == (
        "Web shop", prefix, True, None, None,
    )  # fmt: skip
    assert bytes(kept.secret_digest) == hashlib.sha256(secret.encode()).digest()
    assert secret not in str(vars(kept))


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "a\nb"])
def test_a_key_must_say_who_uses_it(acme: None, name: str) -> None:
    with pytest.raises(BadKeyName, match="1 to 120 printable characters"):
        api_key_issue(name=name)
    assert not ApiKey.objects.exists()


def test_a_revoked_key_stays_revoked_since_the_first_time(acme: None) -> None:
    # given
    key, _ = api_key_issue(name="Web shop")
    first = api_key_revoke(prefix=key.prefix).revoked_at
    # when
    second = api_key_revoke(prefix=key.prefix).revoked_at
    # then
    assert first is not None
    assert second == first
    with pytest.raises(UnknownApiKey, match="no key with the prefix 'nobody'"):
        api_key_revoke(prefix="nobody")


def test_a_key_opens_its_retailer_alone(fresh: None) -> None:
    # given
    acme, globex = open_shop("acme"), open_shop("globex")
    assert acme.post(ORDERS, small_order("7")).status_code == 201
    # when
    own = acme.get(f"{ORDERS}/SHOP-7")
    foreign_key = Partner("acme", globex.token).get(f"{ORDERS}/SHOP-7")
    foreign_order = globex.get(f"{ORDERS}/SHOP-7")
    # then
    assert own.status_code == 200
    assert (foreign_key.status_code, problem(foreign_key)["code"]) == (401, "key_unknown")
    assert (foreign_order.status_code, problem(foreign_order)["code"]) == (404, "not_found")
    assert read(globex.get(ORDERS))["orders"] == []


def test_what_is_no_key_is_refused(fresh: None) -> None:
    # given
    token = open_shop().token
    prefix, secret = token.split(".")
    wrong_secret = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    refused = {
        "": "unauthenticated",
        "Basic dXNlcjpwYXNz": "unauthenticated",
        token: "unauthenticated",
        "Bearer": "key_unknown",
        "Bearer ": "key_unknown",
        f"Bearer {prefix}": "key_unknown",
        f"Bearer {prefix}.": "key_unknown",
        f"Bearer {prefix}.{wrong_secret}": "key_unknown",
        f"Bearer {prefix.upper()}.{secret}": "key_unknown",
        f"Bearer aaaaaaaaaaaa.{secret}": "key_unknown",
        f"Bearer {token} {token}": "key_unknown",
        f"Bearer {token}\xe9": "key_unknown",
    }
    for header, code in refused.items():
        # when
        response = Partner("acme", "").get(ORDERS, Authorization=header)
        # then
        assert (response.status_code, problem(response)["code"]) == (401, code), header
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    for header in (f"bearer {token}", f"BEARER   {token}"):
        assert Partner("acme", "").get(ORDERS, Authorization=header).status_code == 200


def test_expired_and_revoked_keys_say_so_to_those_who_hold_the_secret(fresh: None) -> None:
    # given
    expired, revoked = partner(), partner()
    with retailer_context("acme"):
        ApiKey.objects.filter(prefix=expired.token[:12]).update(expires_at=timezone.now())
        api_key_revoke(prefix=revoked.token[:12])
    # when
    guessed = Partner("acme", f"{revoked.token[:12]}.{'A' * 43}")
    responses = [caller.get(ORDERS) for caller in (expired, revoked, guessed)]
    # then
    assert [(r.status_code, problem(r)["code"]) for r in responses] == [
        (401, "key_expired"), (401, "key_revoked"), (401, "key_unknown"),
    ]  # fmt: skip


def test_a_key_holds_until_it_expires(fresh: None) -> None:
    # given
    with retailer_context("acme"):
        _, token = api_key_issue(name="Web shop", expires_at=timezone.now() + timedelta(minutes=5))
    # when, then
    assert Partner("acme", token).get(ORDERS).status_code == 200


def test_a_read_only_key_reads(fresh: None) -> None:
    # given
    writer = open_shop()
    reader = partner(may_write=False)
    writer.post(ORDERS, small_order("1"))
    # when
    write = reader.post(ORDERS, small_order("2"))
    # then
    assert (write.status_code, problem(write)["code"]) == (403, "key_read_only")
    assert [order["number"] for order in read(reader.get(ORDERS))["orders"]] == ["SHOP-1"]
    assert reader.get(f"{ORDERS}/SHOP-1").status_code == 200
    assert reader.send("HEAD", ORDERS).status_code == 200


def test_no_secret_reaches_the_log(
    fresh: None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    def fail(**_: object) -> None:
        raise ZeroDivisionError

    shop = open_shop()
    secret = shop.token.split(".")[1]
    wrong = Partner("acme", f"{'a' * 12}.{secret}")
    monkeypatch.setattr("oms.web.api.orders.views.orders_capture", fail)
    # when
    with caplog.at_level(logging.DEBUG):
        statuses = [
            shop.post(ORDERS, small_order(), Idempotency_Key="k").status_code,
            wrong.get(ORDERS).status_code,
            shop.get("/api/v1/nothing").status_code,
        ]
    # then
    assert statuses == [500, 401, 404]
    assert "ZeroDivisionError" in caplog.text
    assert secret not in caplog.text


def test_the_command_issues_a_key_that_works(fresh: None, capsys: pytest.CaptureFixture[str]) -> None:
    # when
    call_command("issue_api_key", retailer="acme", name="Web shop", json=True)
    # then
    result = json.loads(capsys.readouterr().out)
    assert set(result) == {"name", "prefix", "token", "role", "locations", "may_write", "expires_at"}
    assert (result["role"], result["locations"]) == ("channel", [])
    assert (result["name"], result["may_write"], result["expires_at"]) == ("Web shop", True, None)
    assert result["token"].startswith(f"{result['prefix']}.")
    assert Partner("acme", result["token"]).get(ORDERS).status_code == 200


def test_the_command_tells_people_that_the_key_is_shown_once(fresh: None, capsys: pytest.CaptureFixture[str]) -> None:
    # when
    call_command("issue_api_key", retailer="acme", name="Auditor", read_only=True, days=30)
    # then
    first, second = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"Authorization: Bearer [a-z0-9]{12}\.[A-Za-z0-9_-]{43}", first)
    assert second == "Keep it now: it is not shown again."
    with retailer_context("acme"):
        key = ApiKey.objects.get()
    assert not key.may_write
    assert key.expires_at is not None
    assert timedelta(days=29, hours=23) < key.expires_at - timezone.now() < timedelta(days=30)


def test_the_command_binds_a_vendors_key_to_its_locations(fresh: None, capsys: pytest.CaptureFixture[str]) -> None:
    # given
    with retailer_context("acme"):
        LocationFactory.create(code="LEEDS")
        LocationFactory.create(code="YORK")
    # when
    call_command("issue_api_key", "--retailer=acme", "--name=Knits", "--role=vendor", "--location=LEEDS",
                 "--location=YORK", "--json")  # fmt: skip
    # then
    result = json.loads(capsys.readouterr().out)
    assert (result["role"], result["locations"], result["may_write"]) == ("vendor", ["LEEDS", "YORK"], True)
    with retailer_context("acme"):
        key = ApiKey.objects.get()
        assert (key.role, sorted(key.locations.values_list("code", flat=True))) == ("vendor", ["LEEDS", "YORK"])
    with pytest.raises(CommandError, match="--role: invalid choice: 'king'"):
        call_command("issue_api_key", "--retailer=acme", "--name=x", "--role=king")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"retailer": "nobody", "name": "x"}, "there is no retailer 'nobody'"),
        ({"retailer": "acme", "name": " "}, "--name: the name of a key says who uses it"),
        ({"retailer": "acme", "name": "x", "days": 0}, "--days: give 1 to 3650 days"),
        ({"retailer": "acme", "name": "x", "role": "vendor"}, "--location: a key of the role vendor names the locat"),
        ({"retailer": "acme", "name": "x", "location": ["L1"]}, "--location: a key of the role channel is bound to no"),
        (
            {"retailer": "acme", "name": "x", "role": "warehouse", "location": ["NOWHERE"]},
            "--location: there is no location NOWHERE",
        ),
        (
            {"retailer": "acme", "name": "x", "role": "vendor", "location": ["L1"], "read_only": True},
            "--read-only: a key of the role vendor works requests",
        ),
    ],
)
def test_the_command_says_what_is_wrong(fresh: None, options: dict[str, object], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("issue_api_key", **options)
