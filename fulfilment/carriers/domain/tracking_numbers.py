"""Whose a tracking number is, whether it is well formed, and what to say to somebody who types one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fulfilment.carriers.domain.check_digits import mod_97
from fulfilment.carriers.domain.courier_rules import RULES, Rule

#: Two letters for the carrier, ten digits, two check digits.
_OURS = re.compile(r"(?P<prefix>[A-Z]{2})(?P<serial>[0-9]{10})(?P<check>[0-9]{2})")
SERIALS = 10**10
#: Prefixes of the numbers that we give ourselves, and who carries such parcels.
OWN_PREFIXES = {"TR": "table rate", "OF": "own fleet"}


@dataclass(frozen=True, slots=True)
class Recognised:
    """What is known of a number: which couriers' it is, and whose it would be if its check digit were right."""

    number: str
    valid: tuple[Rule, ...]
    broken: tuple[Rule, ...]

    @property
    def couriers(self) -> tuple[str, ...]:
        """Couriers whose number it is: those that a check digit proves, else those whose form it has."""
        proven = [rule.courier for rule in self.valid if rule.check]
        return tuple(dict.fromkeys(proven or [rule.courier for rule in self.valid]))


def tidy(text: str) -> str:
    """A number in capitals, without the spaces in which it is printed."""
    return "".join(text.upper().split())


def recognise(text: str) -> Recognised:
    """Compare a number with every form that is known, whatever spaces and case it is typed in."""
    number = tidy(text)
    fitting = [rule for rule in _RULES if rule.fits(number)]
    valid = tuple(rule for rule in fitting if rule.holds(number))
    return Recognised(number, valid, tuple(rule for rule in fitting if rule not in valid))


def own_number(prefix: str, serial: int) -> str:
    """A tracking number of ours: two letters, ten digits, two check digits (ISO/IEC 7064 MOD 97-10).

    Raises :class:`ValueError` for a serial of more than ten digits.
    """
    if not 0 < serial < SERIALS:
        message = f"the serial {serial} does not fit into ten digits"
        raise ValueError(message)
    digits = f"{serial:010}"
    return f"{prefix}{digits}{mod_97(digits)}"


def own_serial(prefix: str, number: str) -> int | None:
    """The serial of a tracking number of ours; None where it is not one, or is mistyped."""
    found = _OURS.fullmatch(tidy(number))
    if found is None or found["prefix"] != prefix or found["check"] != mod_97(found["serial"]):
        return None
    return int(found["serial"])


def doubt(text: str, carrier: str = "") -> str:
    """What should make somebody look again at a number that they typed for a carrier; empty where nothing does.

    A number of no known form is not doubted: there are more carriers than anybody knows.
    """
    found = recognise(text)
    if not found.number or (not found.valid and not found.broken):
        return ""
    if not found.valid:
        forms = _either([rule.name for rule in found.broken])
        return f"{found.number} looks like {forms}, but its check digit is wrong: is a digit mistyped?"
    named = _known_courier(carrier)
    if named and named not in {rule.courier for rule in found.valid}:
        return f"{found.number} is a number of {_either(list(found.couriers))}, not of {carrier.strip()}."
    return ""


def _own_rule(prefix: str, carrier: str) -> Rule:
    pattern = re.compile(rf"{prefix}(?P<checked>[0-9]{{12}})")
    return Rule(carrier, f"our own {prefix}", pattern, lambda number: mod_97(number[:-2]) == number[-2:])


_RULES = (*(_own_rule(prefix, carrier) for prefix, carrier in OWN_PREFIXES.items()), *RULES)


def _known_courier(carrier: str) -> str:
    """The courier that staff mean by what they typed: ``ups`` or ``UPS Ground``; empty where nobody knows."""
    typed = carrier.strip().casefold()
    couriers = {rule.courier for rule in RULES}
    return next((name for name in sorted(couriers) if typed and typed.split()[0] == name.casefold().split()[0]), "")


def _either(names: list[str]) -> str:
    return " or ".join(dict.fromkeys(names))
