"""Fulfilment requests, the work given to one location, and the shipments that leave it."""
