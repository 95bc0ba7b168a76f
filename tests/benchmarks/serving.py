"""The sites served over HTTP for a benchmark, and the processor time that it takes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from django.conf import settings

from tests.benchmarks.setting import ROOT, SCHEMA


@contextmanager
def served(*, workers: int = 2) -> Iterator[int]:
    """The product's own server; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = subprocess.Popen(
        [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
            "--workers", str(workers), "--blocking-threads", "4", "--log-level", "warning", "oms.web.wsgi:application",
        ],
        cwd=ROOT, env=environment(),
    )  # fmt: skip
    try:
        _wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=20)


def caller(port: int, token: str) -> httpx.Client:
    """A partner of the retailer that is measured."""
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers_of(port, token), timeout=120)


def headers_of(port: int, token: str) -> dict[str, str]:
    """How that partner says who it is, and whom it means."""
    return {"Authorization": f"Bearer {token}", "Host": f"{SCHEMA}.localhost:{port}"}


def environment() -> dict[str, str]:
    """For processes of the product beside the benchmark."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def database_seconds() -> float:
    """Processor seconds that the embedded server has taken so far, those of ended connections included."""
    postmaster = int((Path(settings.DATA_FOLDER) / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    ticks = sum(_ticks(postmaster))
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return (ticks + sum(sum(_ticks(int(child))[:2]) for child in children)) / os.sysconf("SC_CLK_TCK")


def _ticks(process: int) -> list[int]:
    """User, system, and the same of its children that have ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:  # ended meanwhile
        return [0, 0]
    return [int(each) for each in fields[11:15]]


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    message = "the server did not begin to listen"
    raise RuntimeError(message)
