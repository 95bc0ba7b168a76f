"""One call: where it may go, how long it may take, what is kept of the answer, how it is signed."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from oms.infra.secrets import CannotOpen, seal, unseal
from oms.web.webhooks import calling
from oms.web.webhooks.addresses import BadAddress, address_check, resolve
from oms.web.webhooks.calling import Call, make, signed_headers
from tests.oms.web.webhooks.receiver import listening

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def call(url: str) -> Call:
    return Call(url=url, reference="msg_1", body='{"test": 1}', secrets=[SECRET])


@contextmanager
def raw_server(answer: bytes, *, pause: float = 0.0) -> Iterator[str]:
    """Answers the first connection with these bytes, one by one where it is to drip."""
    server = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            for piece in [answer[i : i + 1] for i in range(len(answer))] if pause else [answer]:
                try:
                    connection.sendall(piece)
                except OSError:
                    return
                if over.wait(pause):
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    finally:
        over.set()
        server.close()
        thread.join(5)


def test_signatures_are_those_of_the_published_vectors(shared_data: Path) -> None:
    vector = json.loads((shared_data / "standards/standard_webhooks_vectors.json").read_text())
    given = Call(url="", reference=vector["msg_id"], body=vector["payload"], secrets=[vector["secret"]])
    headers = signed_headers(given, datetime.fromtimestamp(int(vector["timestamp"]), UTC))
    assert headers == {
        "webhook-id": vector["msg_id"],
        "webhook-timestamp": vector["timestamp"],
        "webhook-signature": vector["valid_header"],
    }


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://10.1.2.3/", "https://192.168.0.1/", "https://169.254.169.254/latest/meta-data",
        "https://[::1]/", "https://[fd00:ec2::254]/", "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/", "https://0.0.0.0/", "https://100.64.0.1/", "https://224.0.0.1/",
        "http://partner.example/", "ftp://partner.example/", "https://", "https:///path", "https://a b/",
        "https://user@partner.example/", "https://partner.example/#part", "https://partner.example:0/",
        "https://partner.example:99999/", "https://pärtner.example/", "https://partner.example/" + "a" * 500,
    ],
)  # fmt: skip
def test_addresses_that_are_refused(settings: Any, url: str) -> None:
    settings.WEBHOOK_PRIVATE_NETWORKS = {}
    with pytest.raises(BadAddress):
        address_check(url, schema="acme")


def test_a_private_network_is_open_to_the_retailer_that_has_it(settings: Any) -> None:
    settings.WEBHOOK_PRIVATE_NETWORKS = {"acme": ["10.8.0.0/16", "169.254.0.0/16"]}
    address_check("https://10.8.1.1/", schema="acme")
    for url, schema in (("https://10.8.1.1/", "globex"), ("https://10.9.0.1/", "acme"), ("http://10.8.1.1/", "acme")):
        with pytest.raises(BadAddress):
            address_check(url, schema=schema)
    with pytest.raises(BadAddress, match="never called"):
        address_check("https://169.254.169.254/", schema="acme")


def test_a_name_that_leads_inside_is_refused_when_it_is_called(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # given a name with a public address and a private one
    settings.WEBHOOK_PRIVATE_NETWORKS = {}
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("93.184.216.34", "10.0.0.7")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    # then
    with pytest.raises(BadAddress):
        resolve("partner.example", 443, schema="acme")
    answer = make(call("https://partner.example/"), schema="acme")
    assert (answer.status, answer.error) == (None, "10.0.0.7 is not a public address.")


def test_the_address_that_was_looked_at_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    # given a name that leads elsewhere when it is asked for a second time
    with listening() as receiver:
        port = int(receiver.url.rpartition(":")[2].partition("/")[0])
        asked = []

        def answer_of(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
            asked.append(host)
            address = "127.0.0.1" if len(asked) == 1 else "10.0.0.7"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        genuine = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, *a, **k: (answer_of if host == "moving.test" else genuine)(host, *a, **k),
        )
        # when
        answer = make(call(f"http://moving.test:{port}/"), schema="acme")
    # then
    assert answer.status == 200
    assert asked == ["moving.test"]
    assert receiver.calls[0].headers["host"] == f"moving.test:{port}"


def test_no_redirect_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(lambda *_: (302, {"Location": "http://127.0.0.1:1/"}, b"")) as receiver:
        answer = make(call(receiver.url), schema="acme")
    assert (answer.status, answer.taken, len(receiver.calls)) == (302, False, 1)


def test_what_is_kept_of_an_answer_is_short_and_hides_secrets() -> None:
    with listening(lambda *_: (200, {"Set-Cookie": "a=b", "X-Long": "x" * 900}, b"y\x00" * 50_000)) as receiver:
        answer = make(call(receiver.url), schema="acme")
    assert len(answer.body) == 4096
    assert "\x00" not in answer.body
    assert answer.headers["set-cookie"] == "(hidden)"
    assert len(answer.headers["x-long"]) == 300


def test_a_receiver_that_drips_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "CALL_SECONDS", 0.3)
    began = time.monotonic()
    with raw_server(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 500, pause=0.02) as url:
        answer = make(call(url), schema="acme")
    assert (answer.status, answer.error) == (None, "No answer within 0 seconds.")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("answer", [b"", b"hello\r\n\r\n", b"HTTP/1.1 xyz\r\n\r\n"])
def test_an_answer_that_is_not_http_is_a_failure_with_words(answer: bytes) -> None:
    with raw_server(answer) as url:
        given = make(call(url), schema="acme")
    assert given.status is None
    assert given.error


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    answer = make(call(f"http://127.0.0.1:{port}/"), schema="acme")
    assert answer.status is None
    assert answer.error.startswith("No connection")


def test_a_sealed_secret_opens_for_what_it_belongs_to_alone(settings: Any) -> None:
    # given
    sealed = seal(SECRET, context="one")
    # then
    assert SECRET not in sealed
    assert seal(SECRET, context="one") != sealed
    assert unseal(sealed, context="one") == SECRET
    for text, context in ((sealed, "two"), (sealed[:-6] + "AAAAA=", "one"), ("s2" + sealed[2:], "one"), ("", "one")):
        with pytest.raises(CannotOpen):
            unseal(text, context=context)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
    assert unseal(sealed, context="one") == SECRET
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(CannotOpen):
        unseal(sealed, context="one")
