"""A partner's side: a real HTTP server that verifies what it gets with the library that partners use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

#: Status, headers and body for the n-th call (from 1) with its headers.
Behave = Callable[[int, dict[str, str]], tuple[int, dict[str, str], bytes]]


def takes(number: int, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Answers each call with success."""
    return 200, {}, b'{"ok": true}'


@dataclass(slots=True)
class Received:
    """One call."""

    reference: str
    headers: dict[str, str]
    body: str
    status: int


@dataclass(slots=True)
class Receiver:
    """What has arrived. ``secrets``: any of them must have signed; ``unsigned`` counts calls that none had."""

    url: str = ""
    behave: Behave = takes
    secrets: list[str] = field(default_factory=list)
    calls: list[Received] = field(default_factory=list)
    unsigned: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def taken(self) -> list[str]:
        """Identifiers of the messages that were answered with success, in the order of arrival."""
        with self.lock:
            return [call.reference for call in self.calls if 200 <= call.status < 300]

    def is_signed(self, body: bytes, headers: dict[str, str]) -> bool:
        """Whether one of the secrets has signed it, just now."""
        for secret in self.secrets:
            try:
                Webhook(secret).verify(body, headers)
            except WebhookVerificationError:
                continue
            return True
        return False


@contextmanager
def listening(behave: Behave = takes) -> Iterator[Receiver]:
    """A receiver at an address of this machine."""
    receiver = Receiver(behave=behave)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            body = self.rfile.read(length)
            if len(body) < length:  # who called was killed while it spoke: there is nobody to answer
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            signed = receiver.is_signed(body, headers)
            with receiver.lock:
                number = len(receiver.calls) + 1
                status, told, answer = receiver.behave(number, headers)
                receiver.unsigned += not signed
                receiver.calls.append(Received(headers.get("webhook-id", ""), headers, body.decode(), status))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(answer)), **told}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hooks"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
