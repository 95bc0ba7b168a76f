"""Amounts and units as the back office's pages show them."""

from __future__ import annotations

from decimal import Decimal

from django.template import Library

from oms.infra.backoffice import display

register = Library()


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """``1,234.50 GBP``; without a currency the amount alone, in two places or as many as it has."""
    return display.money(amount, currency) if currency else display.price(amount, "")


@register.filter
def price(amount: Decimal, currency: str) -> str:
    """The price of one unit, with all the places that it has."""
    return display.price(amount, currency)


@register.filter
def units(number: int) -> str:
    """``1,200``; a dash for none, so that what is there stands out."""
    return f"{number:,}" if number else "–"


@register.filter
def spoken(name: str) -> str:
    """``value_review`` as people say it: value review."""
    return name.replace("_", " ")
