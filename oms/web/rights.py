"""What a partner's key may do: its role says what it is for, its scopes what it may do of that."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class Scope(StrEnum):
    """One right. Each address of the API needs one to be read and one to be written to."""

    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    PRODUCTS_READ = "products:read"
    PRODUCTS_WRITE = "products:write"
    STOCK_READ = "stock:read"
    STOCK_WRITE = "stock:write"
    REQUESTS_READ = "requests:read"
    REQUESTS_WORK = "requests:work"
    WEBHOOKS_MANAGE = "webhooks:manage"

    @property
    def sentence(self) -> str:
        """What it allows, for people."""
        return _SENTENCES[self]


_SENTENCES = {
    Scope.ORDERS_READ: "Read orders",
    Scope.ORDERS_WRITE: "Place orders and change them",
    Scope.PRODUCTS_READ: "Read products, locations and channels",
    Scope.PRODUCTS_WRITE: "Add products and change them",
    Scope.STOCK_READ: "Read stock",
    Scope.STOCK_WRITE: "Report stock",
    Scope.REQUESTS_READ: "Read fulfilment requests and shipments",
    Scope.REQUESTS_WORK: "Work fulfilment requests: acknowledge, pick, pack, ship, reject",
    Scope.WEBHOOKS_MANAGE: "Subscribe to webhooks",
}

#: Scopes that change nothing.
READING = frozenset(
    {Scope.ORDERS_READ, Scope.PRODUCTS_READ, Scope.STOCK_READ, Scope.REQUESTS_READ}
)  # fmt: skip


class Role(StrEnum):
    """Whose key it is."""

    CHANNEL = "channel"
    VENDOR = "vendor"
    WAREHOUSE = "warehouse"
    READ_ONLY = "read_only"

    @property
    def sentence(self) -> str:
        """Who that is, for people."""
        return {
            Role.CHANNEL: "Channel: a shop, marketplace or ERP that places orders",
            Role.VENDOR: "Vendor: ships for the retailer, sees its own requests alone",
            Role.WAREHOUSE: "Warehouse: works the requests of its own locations",
            Role.READ_ONLY: "Read-only: reports and audits",
        }[self]

    @property
    def bound_to_locations(self) -> bool:
        """Whether it sees only what its locations have to do."""
        return self in (Role.VENDOR, Role.WAREHOUSE)

    @property
    def allows(self) -> frozenset[Scope]:
        """What a key of this role may have at most."""
        return _ALLOWS[self]

    @property
    def usual(self) -> frozenset[Scope]:
        """What a key of this role has unless somebody chooses otherwise."""
        return _USUAL[self]


_AT_A_LOCATION = frozenset({
    Scope.REQUESTS_READ, Scope.REQUESTS_WORK, Scope.PRODUCTS_READ, Scope.STOCK_READ, Scope.STOCK_WRITE,
    Scope.WEBHOOKS_MANAGE,
})  # fmt: skip
_ALLOWS = {
    Role.CHANNEL: frozenset(Scope),
    Role.VENDOR: _AT_A_LOCATION,
    Role.WAREHOUSE: _AT_A_LOCATION,
    Role.READ_ONLY: READING,
}
_USUAL = {
    Role.CHANNEL: frozenset(Scope) - {Scope.REQUESTS_WORK},
    Role.VENDOR: _AT_A_LOCATION - {Scope.WEBHOOKS_MANAGE},
    Role.WAREHOUSE: _AT_A_LOCATION - {Scope.WEBHOOKS_MANAGE},
    Role.READ_ONLY: READING,
}


def scopes_of(role: Role, chosen: Collection[str] | None, *, may_write: bool) -> frozenset[Scope]:
    """What a key may do: what was chosen (None: what is usual), within its role, and only reading where so marked."""
    scopes = role.usual if chosen is None else frozenset(Scope(name) for name in chosen) & role.allows
    return scopes if may_write else scopes & READING
