"""Addresses: `platform` for the platform's own host name, `retailer` for each retailer's."""
