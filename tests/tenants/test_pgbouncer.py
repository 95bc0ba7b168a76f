"""Promise P1 behind PgBouncer in transaction mode: many clients share one server connection."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections, transaction
from psycopg import errors

from oms.infra.database.context import retailer_context
from oms.infra.database.identity import retailer_identity
from oms.infra.database.serving.base import DatabaseWrapper
from orders.models import Channel

PROGRAM = shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin")

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed (Debian's package pgbouncer)")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def bouncer(fresh: None) -> Iterator[int]:
    """A PgBouncer with a single server connection; gives its port."""
    own = settings.DATABASES["default"]
    folder = Path(tempfile.mkdtemp(prefix="oms-bouncer-"))
    port = free_port()
    server = f"host={own['HOST'] or '127.0.0.1'} port={own['PORT'] or 5432} dbname={own['NAME']} user=oms_app"
    if own["PASSWORD"]:
        server += f" password={own['PASSWORD']}"
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\noms = {server}\n"
        "[pgbouncer]\nlisten_addr = 127.0.0.1\nauth_type = any\npool_mode = transaction\n"
        f"listen_port = {port}\nunix_socket_dir =\ndefault_pool_size = 1\nmax_client_conn = 50\n"
        "ignore_startup_parameters = extra_float_digits,options\n"
    )
    owner = _owner(Path(str(own["HOST"])), folder)
    process = subprocess.Popen([str(PROGRAM), str(folder / "pgbouncer.ini")], stderr=subprocess.PIPE, **owner)
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        shutil.rmtree(folder)


def _owner(socket_folder: Path, folder: Path) -> dict[str, Any]:
    """PgBouncer refuses to run as root, and the embedded server's socket is its owner's alone."""
    if os.geteuid() != 0:
        return {}
    stat = socket_folder.stat() if socket_folder.is_absolute() else None
    user = stat.st_uid if stat and stat.st_uid else 65534
    os.chown(folder, user, user)
    return {"user": user, "group": user, "extra_groups": ()}


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail("pgbouncer did not begin to listen")


def client(port: int, name: str) -> DatabaseWrapper:
    """Another connection of the serving engine, through the pooler."""
    own = {**connections["default"].settings_dict, "HOST": "127.0.0.1", "PORT": str(port), "NAME": "oms"}
    connections.databases[name] = own
    return connections[name]  # type: ignore[return-value]


def test_two_retailers_taking_turns_on_one_server_connection_never_mix(bouncer: int) -> None:
    for schema in ("acme", "globex"):
        with retailer_context(schema):
            Channel.objects.create(code=f"of_{schema}", name=schema, currency="GBP")
    connections["default"].close()
    clients = {schema: client(bouncer, f"through_{schema}") for schema in ("acme", "globex")}
    servers = set()
    for _ in range(20):
        for schema, wrapper in clients.items():
            wrapper.take(retailer_identity(schema))
            with transaction.atomic(using=wrapper.alias):
                assert list(Channel.objects.using(wrapper.alias).values_list("code", flat=True)) == [f"of_{schema}"]
                with wrapper.cursor() as cursor:
                    cursor.execute("SELECT current_user::text, pg_backend_pid()")
                    user, server = cursor.fetchone()
            wrapper.leave()
            assert user == f"retailer_{schema}"
            servers.add(server)
    assert len(servers) == 1
    for wrapper in clients.values():
        wrapper.close()


def test_an_exception_half_way_leaves_no_role_on_the_shared_connection(bouncer: int) -> None:
    acme, globex = client(bouncer, "breaks"), client(bouncer, "follows")
    acme.take(retailer_identity("acme"))
    with pytest.raises(ZeroDivisionError), transaction.atomic(using="breaks"):
        Channel.objects.using("breaks").create(code="half_way", name="half way", currency="GBP")
        raise ZeroDivisionError
    acme.leave()
    globex.take(retailer_identity("globex"))
    with transaction.atomic(using="follows"):
        assert Channel.objects.using("follows").count() == 0
    globex.leave()
    globex.ensure_connection()
    with pytest.raises(errors.InsufficientPrivilege):
        globex.connection.execute("SELECT * FROM acme.orders_channel")
    for wrapper in (acme, globex):
        wrapper.close()
