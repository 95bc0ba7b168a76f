"""Where webhooks may go: public hosts alone, so that nobody can have this house call itself.

``WEBHOOK_PRIVATE_NETWORKS`` lets named retailers reach named private networks: ``{"acme": ["10.8.0.0/16"]}``; ``*``
stands for every retailer. Addresses that tell a machine about itself (metadata services) are never called.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import cast
from urllib.parse import urlsplit

from django.conf import settings

from oms.infra.addresses import Address, is_never_called, is_private, meant

_LONGEST = 500


class BadAddress(ValueError):
    """A webhook may not go there. The message says why, for people."""


def address_check(url: str, *, schema: str) -> None:
    """Look at the form of an address, without asking anybody where it leads. Raises :class:`BadAddress`."""
    if len(url) > _LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        message = f"An address has at most {_LONGEST} visible ASCII characters."
        raise BadAddress(message)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as fault:
        message = "It is not an address: https://host/path."
        raise BadAddress(message) from fault
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        message = "It is not an address: https://host/path."
        raise BadAddress(message)
    if parts.username is not None or parts.password is not None or parts.fragment:
        message = "An address has no user, no password and no fragment: calls are known by their signature."
        raise BadAddress(message)
    literal = _literal(parts.hostname)
    if parts.scheme == "http" and not _is_loopback(parts.hostname, literal, schema):
        message = "Use https: what is sent could be read on its way."
        raise BadAddress(message)
    if literal is not None:
        _refuse_unless_open(literal, schema)


def resolve(host: str, port: int, *, schema: str) -> str:
    """The address to connect to. Refuses a host any of whose addresses is closed: no answer can be slipped in.

    Raises :class:`BadAddress` and :class:`OSError`.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ip_address(str(item[4][0]).partition("%")[0]) for item in found]
    for address in addresses:
        _refuse_unless_open(address, schema)
    if not addresses:
        message = f"{host} has no address."
        raise BadAddress(message)
    return str(addresses[0])


def _refuse_unless_open(address: Address, schema: str) -> None:
    for each in meant(address):
        if is_never_called(each):
            message = f"{address} is never called: it belongs to no partner."
            raise BadAddress(message)
        if is_private(each) and not any(each in ip_network(network) for network in _allowed(schema)):
            message = f"{address} is not a public address."
            raise BadAddress(message)


def _allowed(schema: str) -> Sequence[str]:
    given = cast("Mapping[str, Sequence[str]]", settings.WEBHOOK_PRIVATE_NETWORKS)
    return [*given.get(schema, ()), *given.get("*", ())]


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_loopback(host: str, literal: Address | None, schema: str) -> bool:
    """Whether it is this machine, where that is allowed (development and tests)."""
    own = literal or (ip_address("127.0.0.1") if host == "localhost" else None)
    return own is not None and own.is_loopback and any(own in ip_network(each) for each in _allowed(schema))
