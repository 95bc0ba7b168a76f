"""One call: signed, to the address that was checked, within a time, and with an answer that is cut short."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import httpcore
from standardwebhooks import Webhook

from oms.web.webhooks.addresses import BadAddress, resolve

#: Seconds for connecting, and for the whole call whatever it does.
CONNECT_SECONDS, CALL_SECONDS = 5.0, 15.0
#: What is kept of an answer.
_BODY_BYTES, _HEADERS, _HEADER_LENGTH = 4096, 30, 300
_HIDDEN = frozenset({"set-cookie", "authorization", "www-authenticate", "proxy-authenticate"})
HIDDEN = "(hidden)"
UNSIGNED = "No secret of the endpoint can be opened, and nothing is sent unsigned: replace its secret."

_SocketOptions = Iterable[httpcore.SOCKET_OPTION]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is sent where. ``secrets`` are the live ones, the newest first: each of them signs."""

    url: str
    reference: str
    body: str
    secrets: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. ``status`` None: nothing did, and ``error`` says why."""

    status: int | None
    started_at: datetime
    milliseconds: int
    request_headers: Mapping[str, str]
    headers: Mapping[str, str]
    body: str = ""
    error: str = ""

    @property
    def taken(self) -> bool:
        """Whether the receiver said that it has it."""
        return self.status is not None and 200 <= self.status < 300


def signed_headers(call: Call, now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks; the time is that of the call, the identifier that of the message."""
    moment = now.replace(microsecond=0, tzinfo=UTC)  # the library takes the clock's reading for UTC
    signatures = [Webhook(secret).sign(call.reference, moment, call.body) for secret in call.secrets]
    return {
        "webhook-id": call.reference,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def make(call: Call, *, schema: str) -> Answer:
    """Make the call. Never raises for what happens out there: that is an answer too. Follows no redirect."""
    now, began = datetime.now(UTC), time.monotonic()
    if not call.secrets:
        return Answer(
            status=None, started_at=now, milliseconds=0, request_headers={}, headers={}, error=UNSIGNED
        )  # fmt: skip
    headers = {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "OMS-Webhooks/1",
        "accept-encoding": "identity",
        **signed_headers(call, now),
    }
    shown = {**headers, "webhook-signature": " ".join(f"v1,{HIDDEN}" for _ in call.secrets)}
    status: int | None = None
    told: dict[str, str] = {}
    body, error = b"", ""
    try:
        backend = _Pinned(schema, began + CALL_SECONDS)
        with httpcore.ConnectionPool(ssl_context=_TLS, network_backend=backend, retries=0) as pool:
            extensions = {"timeout": {"connect": CONNECT_SECONDS, "read": CALL_SECONDS, "write": CALL_SECONDS}}
            with pool.stream(
                "POST", call.url, headers=list(headers.items()), content=call.body.encode(), extensions=extensions
            ) as response:
                status, told = response.status, _headers(response.headers)
                for chunk in response.iter_stream():
                    body += chunk
                    if len(body) >= _BODY_BYTES:
                        break
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError) as fault:
        # An answer whose body breaks off is an answer: its status counts.
        error = "" if status is not None else f"{_in_words(fault)}"[:255]
    return Answer(
        status=status, started_at=now, milliseconds=round((time.monotonic() - began) * 1000), request_headers=shown,
        headers=told, body=_text(body), error=error,
    )  # fmt: skip


class _Pinned(httpcore.NetworkBackend):
    """Connects to the address that was looked at, not to what the name leads to a moment later."""

    def __init__(self, schema: str, ends: float) -> None:
        self._schema, self._ends = schema, ends
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: _SocketOptions | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        address = resolve(host, port, schema=self._schema)
        stream = self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
        return _Bounded(stream, self._ends)


class _Bounded(httpcore.NetworkStream):
    """A connection that ends in time, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, ends: float) -> None:
        self._stream, self._ends = stream, ends

    def _left(self, wanted: float | None) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return min(left, wanted) if wanted else left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Bounded(self._stream.start_tls(ssl_context, server_hostname, self._left(timeout)), self._ends)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


_TLS = ssl.create_default_context()


def _headers(given: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    shown = {}
    for raw_name, raw_value in given[:_HEADERS]:
        name = raw_name.decode("latin-1").lower()[:100]
        shown[name] = HIDDEN if name in _HIDDEN else _text(raw_value)[:_HEADER_LENGTH]
    return shown


def _text(raw: bytes) -> str:
    return raw[:_BODY_BYTES].decode(errors="replace").replace("\x00", "\ufffd")


def _in_words(fault: Exception) -> str:
    if isinstance(fault, BadAddress):
        return str(fault)
    if isinstance(fault, httpcore.ConnectTimeout):
        return f"No connection within {CONNECT_SECONDS:.0f} seconds."
    if isinstance(fault, httpcore.TimeoutException):
        return f"No answer within {CALL_SECONDS:.0f} seconds."
    if isinstance(fault, httpcore.ProtocolError):
        return f"The answer is not HTTP, or broke off: {fault}"
    return f"No connection: {fault}"
