"""How statuses, money and times are shown. A status is always a word; its colour only repeats it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from oms.kernel.money import Money, minor_units


class Tone(StrEnum):
    """What a badge's colour repeats."""

    NEUTRAL = "neutral"
    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    WRONG = "wrong"


def badge(sentence: str, tone: Tone = Tone.NEUTRAL) -> SafeString:
    """A badge with the words before the colon; the whole sentence appears when it is pointed at."""
    word = sentence.partition(":")[0]
    return format_html('<span class="oms-badge oms-badge--{}" title="{}">{}</span>', tone.value, sentence, word)


def money(amount: Decimal, currency: str) -> str:
    """An amount with its currency, in whole minor units: ``1,234.50 GBP``."""
    return str(Money(amount, currency))


def price(amount: Decimal, currency: str) -> str:
    """A price for one unit, with as many decimal places as it has beyond the minor units: ``0.1250 GBP``."""
    places = max(minor_units(currency), -int(amount.normalize().as_tuple().exponent))
    return f"{amount:,.{places}f} {currency}".strip()


def moment(when: datetime | None) -> str:
    """A point in time in the retailer's zone: ``1 Dec 2010, 08:26``."""
    return date_format(timezone.localtime(when), "j M Y, H:i") if when else ""


def signed(units: int) -> str:
    """A change in units: ``+12``, ``−3``, ``0``."""
    return f"{units:+,}".replace("-", "−") if units else "0"


def in_words(name: str) -> str:
    """``stock_written_off`` as it is read: ``Stock written off``; a dash for none."""
    return (name[:1].upper() + name[1:]).replace("_", " ") or "–"
