"""Availability, reservations of carts and stock feeds."""
