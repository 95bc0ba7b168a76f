"""Trying routing out: what a draft would mean, and what would happen to an order now."""
