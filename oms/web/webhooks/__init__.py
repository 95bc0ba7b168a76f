"""Webhooks: what happens is told to partners, signed, at least once, and visible until it has arrived."""
