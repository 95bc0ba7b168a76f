"""Look at a TCP port before a server is started on it."""

from __future__ import annotations

import errno
import socket

_DEFAULT_PORT = 8000
_LAST_PORT = 65_535


class PortTaken(Exception):
    """Another program listens on the port; the message says how to take another one."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        super().__init__(
            f"Port {port} on {host} is taken by another program. End that program, "
            f"or take another port: make run PORT={port + 1 if port < _LAST_PORT else _DEFAULT_PORT}"
        )


class PortUnusable(Exception):
    """The system does not let us listen there at all: a privileged port, or an address of another machine."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        self.host = host
        self.port = port
        super().__init__(
            f"Port {port} on {host} cannot be used ({reason}). Take another: make run PORT={_DEFAULT_PORT}"
        )


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen now on ``port`` (1 to 65535) of ``host`` (a name or address of ours).

    Raises ``PortUnusable`` where no server of ours ever could.
    """
    if not 1 <= port <= _LAST_PORT:
        raise PortUnusable(host, port, f"ports are 1 to {_LAST_PORT}")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # As servers do: connections of a server that has just ended do not keep the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        raise PortUnusable(host, port, str(error)) from error
    return True


def require_free_port(host: str, port: int) -> None:
    """Raise ``PortTaken`` if another program listens there, ``PortUnusable`` if none of ours ever could."""
    if not port_is_free(host, port):
        raise PortTaken(host, port)
