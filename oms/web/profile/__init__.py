"""The retailer's screens for its profile, its history, and the upgrades of its modules."""
