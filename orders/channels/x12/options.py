"""How a retailer sets a trading partner up: the options of the channel, read with their faults in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orders.channels.reading import clean
from orders.channels.x12.parts import SKU_QUALIFIERS
from orders.channels.x12.syntax import Delimiters
from orders.channels.x12.writing import Envelope
from orders.domain.channel import CannotTell, Json, Option, Setup

OPTIONS = (
    Option("their_id", "ISA06 of the partner, with its qualifier before a slash: ZZ/PARTNER.", ""),
    Option("our_id", "Our own identifier, with its qualifier: 01/123456789.", ""),
    Option("their_group", "GS02 of the partner, where it differs from ISA06.", ""),
    Option("our_group", "GS03 that names us, where it differs from ISA08.", ""),
    Option("version", "Version of what we send: 004010, 005010.", "004010"),
    Option("test", "Send as a test (ISA15 T).", False),
    Option("take_tests", "Take orders that come as a test.", False),
    Option("time_zone", "Where the dates of the partner's orders are: America/New_York.", "UTC"),
    Option("sku_qualifiers", "Qualifiers of product numbers, the one to look for first.", list(SKU_QUALIFIERS)),
    Option("units", "Units of ours in the partner's units of measure: {\"DZ\": 12, \"CA\": 24}.", {}),
    Option("places", "Addresses of the partner's stores by number (N104): name, address, city, country.", {}),
    Option("send", "What the partner is sent: 855, 856, 810, 846.", ["855", "856", "810"]),
    Option("sscc_prefix", "GS1 company prefix for the numbers of cartons; empty for none.", ""),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A trading partner as its channel describes it."""

    setup: Setup
    their_id: tuple[str, str] | None
    our_id: tuple[str, str] | None
    their_group: str
    our_group: str
    version: str
    test: bool
    take_tests: bool
    time_zone: str
    sku_qualifiers: tuple[str, ...]
    units: Mapping[str, int]
    places: Mapping[str, Mapping[str, Json]]
    send: tuple[str, ...]
    sscc_prefix: str

    def envelope(self) -> Envelope:
        """From us to the partner. Raises :class:`CannotTell`."""
        if self.their_id is None or self.our_id is None:
            missing = "our_id" if self.our_id is None else "their_id"
            message = f"the channel's option {missing} is not set: write it as ZZ/NAME"
            raise CannotTell(message)
        return Envelope(
            sender=self.our_id, receiver=self.their_id, version=self.version, test=self.test,
            group_sender=self.our_group, group_receiver=self.their_group,
            marks=Delimiters(repetition="^" if self.version >= "004020" else ""),
        )  # fmt: skip


def partner_of(setup: Setup) -> Partner:
    """The partner of a channel. What cannot be read counts as not set."""
    options = {each.name: setup.options.get(each.name, each.default) for each in OPTIONS}
    places = options["places"]
    units = options["units"]
    version = clean(options["version"], 12)
    return Partner(
        setup=setup, their_id=identifier(options["their_id"]), our_id=identifier(options["our_id"]),
        their_group=clean(options["their_group"], 15), our_group=clean(options["our_group"], 15),
        version=version if version[:3] in ("004", "005") else "004010", test=options["test"] is True,
        take_tests=options["take_tests"] is True,
        time_zone=clean(options["time_zone"], 64) or "UTC",
        sku_qualifiers=_texts(options["sku_qualifiers"]) or SKU_QUALIFIERS,
        units={
            name.upper(): count for name, count in (units.items() if isinstance(units, dict) else ())
            if isinstance(count, int) and not isinstance(count, bool) and 0 < count < 1_000_000
        },
        places={
            name: place for name, place in (places.items() if isinstance(places, dict) else ())
            if isinstance(place, dict)
        },
        send=_texts(options["send"]), sscc_prefix=clean(options["sscc_prefix"], 12),
    )  # fmt: skip


def identifier(value: Json) -> tuple[str, str] | None:
    """Qualifier and name of a party, None where it is not written as ZZ/NAME."""
    qualifier, slash, name = clean(value, 40).partition("/")
    return (qualifier, name) if slash and len(qualifier) == 2 and 1 < len(name) <= 15 else None


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(clean(each, 20) for each in value if clean(each, 20)) if isinstance(value, list) else ()
