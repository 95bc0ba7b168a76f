"""X12 EDI with trading partners: purchase orders in, acknowledgements, ship notices, invoices and stock both ways.

Everything here is pure but :mod:`orders.services.channels.numbers`, which draws control numbers. ``syntax`` splits an
interchange, ``segments`` says what the standard has, ``checking`` compares the two, ``writing`` writes; each document
has a module of its own that reads and makes it. The segments and elements that are used stand in docs/edi.md.
"""
