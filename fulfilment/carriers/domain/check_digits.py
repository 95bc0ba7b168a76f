"""Check digits of the numbers that couriers print. Each function says whether a number (digits, perhaps letters) ends
in the check character that the rest asks for; none raises on well-formed text.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import cycle

#: Whether a number ends in the right check character.
Check = Callable[[str], bool]

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def gs1(number: str) -> bool:
    """GS1 mod 10: weights 3, 1, 3, … from the right of the digits before the check digit."""
    total = sum(int(digit) * weight for digit, weight in zip(reversed(number[:-1]), cycle((3, 1)), strict=False))
    return (total + int(number[-1])) % 10 == 0


def luhn(number: str) -> bool:
    """Luhn mod 10 (ISO/IEC 7812-1)."""
    doubled = (int(digit) * weight for digit, weight in zip(reversed(number[:-1]), cycle((2, 1)), strict=False))
    return (sum(value - 9 if value > 9 else value for value in doubled) + int(number[-1])) % 10 == 0


def doubling(number: str) -> bool:
    """Weights 1, 2, 1, … from the left, mod 10, products not folded; letters count as (place in ASCII − 3) mod 10."""
    total = sum(_sign(sign) * weight for sign, weight in zip(number[:-1], cycle((1, 2)), strict=False))
    return (total + int(number[-1])) % 10 == 0


def mod_7(number: str) -> bool:
    """The remainder of the number before it, divided by seven."""
    return int(number[:-1]) % 7 == int(number[-1])


def weighted_11(number: str, weights: tuple[int, ...]) -> bool:
    """Weights over and over from the left; the sum mod 11, a remainder of 10 written as 0."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:-1], cycle(weights), strict=False))
    return total % 11 % 10 == int(number[-1])


def s10(number: str) -> bool:
    """Universal Postal Union S10: eight digits and their check digit; 10 is written as 0, 11 as 5."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:-1], (8, 6, 4, 2, 3, 5, 9, 7), strict=False))
    return {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11) == int(number[-1])


def mod_37_36(number: str) -> bool:
    """ISO/IEC 7064 MOD 37,36 over digits and letters."""
    rest = 36
    for sign in number[:-1]:
        rest = (rest + _LETTERS.index(sign)) % 36 or 36
        rest = rest * 2 % 37
    return (rest + _LETTERS.index(number[-1])) % 36 == 1


def mod_97(digits: str) -> str:
    """The two check digits that make ``digits`` and them together leave 1 when divided by 97 (ISO/IEC 7064 MOD 97-10).

    Every wrong digit and every two neighbours exchanged are found.
    """
    return f"{98 - int(digits) * 100 % 97:02}"


fedex_express: Check = partial(weighted_11, weights=(3, 1, 7))
fedex_long: Check = partial(weighted_11, weights=(1, 7, 3))


def _sign(sign: str) -> int:
    return int(sign) if sign.isdigit() else (ord(sign) - 3) % 10
