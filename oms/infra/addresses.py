"""Which network addresses are a stranger's: what a setting names must not make this house talk to itself."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address

_NEVER = tuple(
    ip_network(each)
    for each in ("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "100.100.100.200/32", "192.0.0.192/32",
                 "::/128", "fe80::/10", "ff00::/8", "fd00:ec2::254/128")
)  # fmt: skip
#: Networks whose addresses carry an IPv4 address: where it stands, in bits from the right.
_CARRIERS = ((IPv6Network("::/96"), 0), (IPv6Network("64:ff9b::/96"), 0), (IPv6Network("2002::/16"), 80))


def is_never_called(address: Address) -> bool:
    """Whether it tells a machine about itself (metadata services) or is nobody's, whatever is allowed."""
    return any(address in network for network in _NEVER)


def is_private(address: Address) -> bool:
    """Whether it is not on the public internet."""
    return address.is_private or not address.is_global or address.is_multicast or address.is_reserved


def meant(address: Address) -> list[Address]:
    """The address, and the IPv4 address that it stands for."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return [address.ipv4_mapped]
        inner = next((int(address) >> shift for network, shift in _CARRIERS if address in network), None)
        if inner is not None and address not in (IPv6Address("::1"), IPv6Address("::")):
            return [address, IPv4Address(inner & 0xFFFFFFFF)]
    return [address]


def is_public(address: Address) -> bool:
    """Whether it, and whatever it stands for, is on the public internet."""
    return not any(is_never_called(each) or is_private(each) for each in meant(address))
