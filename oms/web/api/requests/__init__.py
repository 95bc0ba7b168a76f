"""Fulfilment requests and shipments: what a vendor or warehouse works, and what a channel sees of it."""
